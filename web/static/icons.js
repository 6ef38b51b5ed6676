// @ts-check
// The page's icons: drawn on a 24 x 24 grid, in the colour of the text around them.

const SVG = "http://www.w3.org/2000/svg";

/** Outlines; those in SOLID are filled instead. */
const PATHS = {
  back: "M19 12H5M11 18l-6-6 6-6",
  book: "M5 19V6a2 2 0 0 1 2-2h12v13H7a2 2 0 0 0 0 4h12v-4",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  download: "M12 4v11M7.5 10.8L12 15.3l4.5-4.5M5 19.5h14",
  edit: "M4 20l1-4.5L16.5 4l3.5 3.5L8.5 19 4 20zM14 6.5l3.5 3.5",
  next: "M5 5.9v12.2c0 .7.8 1.1 1.3.7l8.5-6.1c.5-.3.5-1 0-1.4L6.3 5.2C5.8 4.8 5 5.2 5 5.9z" +
    "M17.2 5.6h1.6v12.8h-1.6z",
  onwards: "M4.5 6.5h15M4.5 11.5h9M4.5 16.5h6M14 16.5h6M17.3 13.5l3 3-3 3",
  pause: "M8 5.5h1.8c.4 0 .7.3.7.7v11.6c0 .4-.3.7-.7.7H8c-.4 0-.7-.3-.7-.7V6.2c0-.4.3-.7.7-.7z" +
    "M14.2 5.5H16c.4 0 .7.3.7.7v11.6c0 .4-.3.7-.7.7h-1.8c-.4 0-.7-.3-.7-.7V6.2c0-.4.3-.7.7-.7z",
  place: "M12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5M18 12a6 6 0 1 1-12 0 6 6 0 0 1 12 0z",
  play: "M8 5.2v13.6c0 .6.7 1 1.2.7l10.3-6.8c.5-.3.5-1 0-1.4L9.2 4.5c-.5-.3-1.2.1-1.2.7z",
  previous: "M19 5.9v12.2c0 .7-.8 1.1-1.3.7l-8.5-6.1c-.5-.3-.5-1 0-1.4l8.5-6.1c.5-.4 1.3 0 1.3.7z" +
    "M5.2 5.6h1.6v12.8H5.2z",
  settings: "M4 8h7.5M16.5 8H20M4 16h3.5M12.5 16H20M16.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z" +
    "M12.5 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
  sound: "M5 9.5v5h3.5L13 18.5v-13L8.5 9.5H5zM16.5 9a4.2 4.2 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  stop: "M7 6h10c.6 0 1 .4 1 1v10c0 .6-.4 1-1 1H7c-.6 0-1-.4-1-1V7c0-.6.4-1 1-1z",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.2 10.5v5.5M13.8 10.5v5.5",
};
const SOLID = new Set(["next", "pause", "play", "previous", "stop"]);

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", SOLID.has(name) ? "icon solid" : "icon");
  // The words beside it, or the button's label, say what it means.
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
