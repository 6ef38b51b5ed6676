// @ts-check
// Asks the reader for their token, on servers that want to know who they are.

import { element } from "../dom.js";
import { ApiError } from "../wire/api_error.js";
import { ask } from "./dialog.js";

/**
 * @param {boolean} again Whether the reader has given one, and the server did not accept it.
 * @returns {Promise<string>}
 * @throws {ApiError} when the reader has none.
 */
export async function askForToken(again) {
  const why = again
    ? "The server did not accept this token. Is there a slip in it?"
    : "This server asks for a token. Whoever runs it can give you one.";
  const input = element("input", {
    type: "password",
    id: "token",
    required: true,
    // What a header can carry: quotation marks from a letter, say, it cannot.
    pattern: " *[!-~]+ *",
    title: "Letters, digits and plain punctuation, without spaces in between",
    autocomplete: "current-password",
  });
  const given = await ask({
    title: "Who is listening?",
    content: [
      element("p", {}, why),
      element("label", { for: "token" }, "Token"),
      input,
    ],
    action: "Come in",
  });
  if (!given) throw new ApiError(401, "unauthorized", "This server needs a token. Reload the page to enter one.");
  return input.value.trim();
}
