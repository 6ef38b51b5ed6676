// @ts-check
// The address of a socket, as this page may open it.

/**
 * @param {string} websocketUrl As the server gave it.
 * @param {number} after The last message that is known here; 0 for none.
 */
export function socketUrl(websocketUrl, after) {
  const url = new URL(websocketUrl, location.href);
  if (after > 0) url.searchParams.set("after", String(after));
  // A page that came encrypted may open encrypted sockets only.
  if (location.protocol === "https:") url.protocol = "wss:";
  return url;
}
