// @ts-check
// Makes elements.  Text goes in as text, never as markup, so a story cannot bring its own.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void)>} [attributes]
 *   Functions are listeners: `onclick`.  `true` is an empty attribute, `false` none.
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Changes what is shown.  Whoever was at a control that cannot be used afterwards is brought elsewhere: a keyboard or
 * a screen reader would begin at the top of the page again.
 *
 * @param {HTMLElement} whole What changes.
 * @param {HTMLElement} elsewhere
 * @param {() => void} change
 */
export function keepFocus(whole, elsewhere, change) {
  const at = document.activeElement;
  change();
  if (at === null || !whole.contains(at)) return;
  if (!at.isConnected || at.matches(":disabled, [hidden], [hidden] *")) elsewhere.focus({ preventScroll: true });
}
