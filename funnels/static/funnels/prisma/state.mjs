// What all modules of the client share: the visit, the offers that elements stand for, and timers.

/**
 * @typedef {object} Options
 * @property {string} [customerToken] what the site's server knows the customer by: the customer-token of `customerId`
 * @property {string} [channel] channel of the visit ("web")
 * @property {string} [pageLocation] what the page is called ("location.href" without query and fragment)
 * @property {string[]} [placeholders] placeholders to fill; by default those of `data-prisma-placeholder` in the page
 * @property {boolean} [syncPopups] whether to ask for popups (true)
 * @property {boolean} [syncOnLoad] whether `load` fills the page at once (true)
 * @property {(error: Error) => void} [onError] hears of what went wrong (by default the console does)
 */

/**
 * @typedef {object} Offer one campaign shown to the customer
 * @property {number} campaign
 * @property {string} token the tracking token
 * @property {Record<string, unknown>} funnel the funnel object of contract 3
 */

/**
 * @typedef {object} State
 * @property {string} base the platform's origin
 * @property {string} appToken
 * @property {string} customerId
 * @property {Options} options
 * @property {string} traceId
 * @property {string} trailId
 * @property {boolean} isTrusted whether the site has sent a customer-token
 * @property {Offer | null} started the offer whose funnel was opened last
 */

/** @type {State} */
export const state = { base: "", appToken: "", customerId: "", options: {}, traceId: "", trailId: "", isTrusted: false, started: null };

/** What each banner and popup offers. @type {WeakMap<Element, Offer>} */
export const offers = new WeakMap();

/** Timers of carousels, and of popups that close by themselves. @type {number[]} */
export const timers = [];

export class PrismaError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Tell the page what went wrong. @param {unknown} error @returns {null} */
export function failed(error) {
  const known = error instanceof Error ? error : new Error(String(error));
  if (state.options.onError) state.options.onError(known);
  else console.warn("prisma:", known.message);
  return null;
}
