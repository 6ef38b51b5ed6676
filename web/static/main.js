// @ts-check
// Starts the page.

import { App } from "./app.js";

const main = document.getElementById("main");
const tools = document.getElementById("tools");
if (main === null || tools === null) throw new Error("index.html lacks its places");
main.replaceChildren();
new App(main, tools).start();
