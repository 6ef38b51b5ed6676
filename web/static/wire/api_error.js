// @ts-check
// The server's "no", in words fit for the reader's eyes.

export class ApiError extends Error {
  /**
   * @param {number} status 0 where the server could not be reached.
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** @param {Response} response */
  static async of(response) {
    try {
      const { error } = await response.json();
      return new ApiError(response.status, error.code, error.message);
    } catch {
      // Something between us and the server answered, in a form of its own.
      const message = `The server answered with an error (${response.status}).`;
      return new ApiError(response.status, "unknown", message);
    }
  }

  static unreachable() {
    return new ApiError(0, "unreachable", "The server cannot be reached.");
  }
}

/**
 * What to tell the reader about anything that was thrown.
 *
 * @param {unknown} error
 */
export function inWords(error) {
  if (error instanceof ApiError) return error.message;
  console.error(error);
  return "Something went wrong on this page. Reloading it may help.";
}
