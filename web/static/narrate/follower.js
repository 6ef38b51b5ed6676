// @ts-check
// Keeps the sentence that is spoken in sight, and lets go when the reader scrolls elsewhere.

/** A sentence that lies within this part of the window's height needs no scrolling. */
const COMFORTABLE = { top: 0.1, bottom: 0.72 };
/** Where a sentence is put that lies outside of it. */
const PLACE = 0.3;
/** Of a long sentence, this much of the window's height must be in sight. */
const ENOUGH = 0.25;
/** Scrolling within this time of the reader's last move is the reader's. */
const READERS_MS = 1_000;
const SCROLL_KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);

/** Dispatches `change` when the reader has gone elsewhere, or come back. */
export class Follower extends EventTarget {
  /** @type {HTMLElement | null} */
  #sentence = null;
  #away = false;
  /** When the reader last moved the page. */
  #moved = -Infinity;
  /** Whether the page is moved by us. */
  #scrolling = false;
  #leaving = new AbortController();

  constructor() {
    super();
    const options = { passive: true, signal: this.#leaving.signal };
    const byReader = () => {
      this.#moved = performance.now();
      if (!this.#scrolling) return;
      // Left alone, a smooth scroll goes on, against the reader's wheel.
      this.#scrolling = false;
      scrollTo({ top: scrollY, behavior: "auto" });
      this.#setAway(!this.#inSight());
    };
    addEventListener("wheel", byReader, options);
    addEventListener("touchmove", byReader, options);
    addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (SCROLL_KEYS.has(key) && !defaultPrevented) byReader();
    }, options);
    // On the scroll bar, which belongs to no element.
    const onScrollBar = (/** @type {PointerEvent} */ { clientX }) =>
      clientX >= document.documentElement.clientWidth;
    addEventListener("pointerdown", (event) => onScrollBar(event) && byReader(), options);
    addEventListener("scroll", () => this.#isReaders() && this.#look(), options);
    addEventListener("scrollend", () => {
      this.#scrolling = false;
    }, options);
  }

  /** Whether the reader is somewhere else than the voice. */
  get away() {
    return this.#away;
  }

  /** @param {HTMLElement | null} sentence The one that is spoken now; null for none. */
  follow(sentence) {
    this.#sentence = sentence;
    if (this.#inSight()) this.#setAway(false);
    else if (!this.#away && !this.#isReaders()) this.#scroll();
  }

  /** Back to the voice. */
  rejoin() {
    this.#setAway(false);
    if (!this.#inSight()) this.#scroll();
  }

  close() {
    this.#leaving.abort();
  }

  /** The reader moves the page: it is theirs, until they have the voice in sight again. */
  #look() {
    this.#moved = performance.now();  // A flick goes on after the finger has left.
    this.#setAway(!this.#inSight());
  }

  #isReaders() {
    return performance.now() - this.#moved < READERS_MS;
  }

  #inSight() {
    if (this.#sentence === null) return true;
    const { top, bottom } = this.#sentence.getBoundingClientRect();
    const enough = Math.min(bottom, top + innerHeight * ENOUGH);
    // At its end, the page can bring nothing further up.
    const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const lowest = atEnd ? 1 : COMFORTABLE.bottom;
    return top >= innerHeight * COMFORTABLE.top && enough <= innerHeight * lowest;
  }

  #scroll() {
    if (this.#sentence === null) return;
    this.#moved = -Infinity;
    this.#scrolling = true;
    const { top } = this.#sentence.getBoundingClientRect();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: top - innerHeight * PLACE, behavior: calm ? "auto" : "smooth" });
  }

  /** @param {boolean} away */
  #setAway(away) {
    if (away === this.#away) return;
    this.#away = away;
    this.dispatchEvent(new Event("change"));
  }
}
