// Marks the page while there is a narration, or was one since the reader last clicked: on a busy machine it may be
// over before anybody asks.

const isTold = () => document.querySelector(".player-bar:not([hidden])") !== null;
const mark = (begun) => document.documentElement.toggleAttribute("data-begun", begun);

addEventListener("click", () => mark(isTold()), { capture: true });
new MutationObserver(() => isTold() && mark(true)).observe(document, {
  attributeFilter: ["hidden"],
  subtree: true,
});
