// @ts-check
// Which page an address means.

/** @typedef {{page: "stories"} | {page: "story", id: number} | {page: "nowhere"}} Route */

/**
 * @param {string} hash
 * @returns {Route}
 */
export function route(hash) {
  if (["", "#", "#/"].includes(hash)) return { page: "stories" };
  const story = /^#\/stories\/(\d+)$/.exec(hash);
  return story === null ? { page: "nowhere" } : { page: "story", id: Number(story[1]) };
}

/** @param {number} id */
export function storyAddress(id) {
  return `#/stories/${id}`;
}
