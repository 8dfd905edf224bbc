// The browser client of the trace dialect: visits, banners, popups and funnels. No dependencies.
//
//   <div data-prisma-placeholder="home-hero"></div>
//   <script src="https://campaigns.example/sdk/javascript/prisma.js"></script>
//   prisma.load("campaigns.example", 443, "<app-token>", "<customer-id or empty>", [], "https");
"use strict";

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

const prisma = (() => {
  const CALL = /^\s*prisma\.(startFunnel|dismissCampaign|closePopup)\.call\(this\)\s*;?\s*$/;
  const STYLES = `
.prisma-carousel{width:100%}
.prisma-banner{display:block;width:100%;padding:0;border:0;background:none;cursor:pointer;font:inherit;text-align:inherit}
.prisma-banner[hidden]{display:none}
.prisma-banner img{display:block;width:100%;height:auto}
.prisma-dots{display:flex;justify-content:center;gap:.1rem;padding-top:.25rem}
.prisma-dots button{width:1.6rem;height:1.6rem;border:0;background:none;padding:.45rem;cursor:pointer}
.prisma-dots button::before{content:"";display:block;width:.7rem;height:.7rem;border-radius:50%;background:#fff;box-shadow:0 0 0 1px #1b2430}
.prisma-dots button[aria-current=true]::before{background:#1b2430;box-shadow:0 0 0 1px #fff}
.prisma-popup{border:0;padding:0;border-radius:16px;width:min(36rem,94vw);max-height:92vh;box-shadow:0 24px 80px rgb(10 25 45/40%);overflow:hidden}
.prisma-popup::backdrop{background:rgb(10 25 45/55%)}
.prisma-popup iframe{display:block;width:100%;height:min(28rem,82vh);max-height:82vh;border:0;background:#fff}
.prisma-close{display:block;margin-left:auto;width:2.75rem;height:2.75rem;border:0;background:none;font-size:1.5rem;line-height:1;cursor:pointer}
.prisma-popup :focus-visible,.prisma-carousel :focus-visible{outline:3px solid #ffb020;outline-offset:-3px}`;

  /** @type {{base: string, appToken: string, customerId: string, options: Options, traceId: string, trailId: string, isTrusted: boolean}} */
  const state = { base: "", appToken: "", customerId: "", options: {}, traceId: "", trailId: "", isTrusted: false };
  /** @type {WeakMap<Element, Offer>} */
  const offers = new WeakMap();
  /** @type {Offer | null} */
  let started = null;
  /** @type {HTMLDialogElement | null} */
  let popup = null;
  /** @type {number[]} */
  let timers = [];
  /** @type {CSSStyleSheet | null} */
  let sheet = null;

  class PrismaError extends Error {
    /** @param {number} status @param {string} code @param {string} message */
    constructor(status, code, message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  /**
   * Begin: find or start the customer's trace, add a visit, and fill the page.
   * @param {string} server host name of the platform
   * @param {number | string} port its port, or "" for the protocol's own
   * @param {string} appToken the application's token
   * @param {string} [customerId] empty for an anonymous customer
   * @param {unknown[]} [integrations] kept for callers of older clients; nothing is integrated
   * @param {string} [protocol] "https" or "http"; that of the page by default
   * @param {Options} [options]
   * @returns {Promise<void>}
   */
  async function load(server, port, appToken, customerId, integrations, protocol, options) {
    const scheme = (protocol || location.protocol).replace(/:?\/*$/, "");
    const address = new URL(`${scheme}://${server}${port ? `:${port}` : ""}`);
    const remembered = recall(appToken);
    Object.assign(state, { base: address.origin, appToken, options: options || {}, trailId: "" });
    state.customerId = customerId || remembered.customerId || "";
    state.isTrusted = Boolean(state.options.customerToken && customerId);
    // Somebody else at this browser gets a trace of their own; so does who has logged in or out.
    const isSame = (!customerId || customerId === remembered.customerId) && state.isTrusted === Boolean(remembered.isTrusted);
    state.traceId = isSame ? remembered.traceId || "" : "";
    addStyles();
    window.removeEventListener("message", onMessage);
    window.addEventListener("message", onMessage);
    if (state.options.syncOnLoad !== false) await syncPage();
  }

  /**
   * Ask for the page's banners and popup and show them; a closed trace is replaced by a new one.
   * @param {Options} [options] for this page only
   * @returns {Promise<any>} the answer of sync-page, null where it failed
   */
  async function syncPage(options) {
    const chosen = { ...state.options, ...options };
    const names = chosen.placeholders || placesOf(document).map((place) => place.dataset.prismaPlaceholder || "");
    try {
      const answer = await visited(() => post("campaigns/sync-page", {
        "app-token": state.appToken,
        "customer-id": state.customerId,
        "trail-id": state.trailId,
        "sync-popups": chosen.syncPopups !== false,
        "page-location": chosen.pageLocation || location.origin + location.pathname,
        "placeholders": names.map((placeholder) => ({ placeholder })),
      }));
      remember(answer["customer-id"]);
      stopTimers();
      for (const place of placesOf(document)) place.replaceChildren();
      for (const placeholder of answer.placeholders) showPlaceholder(names[placeholder.index], placeholder);
      if (answer.popup && answer.popup["tracking-token"]) openPopup(offerOf(answer.popup), answer.popup["show-close"]);
      return answer;
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * Lead the customer into the funnel of the banner that `this` is or is in, or of an offer.
   * @this {unknown}
   * @param {Offer} [offer]
   */
  function startFunnel(offer) {
    const chosen = offerFor(this, offer);
    if (!chosen) return;
    started = chosen;
    if (chosen.funnel["new-window"]) window.open(funnelAddress(chosen, false), "_blank", "noopener");
    else openPopup(chosen, true);
  }

  /**
   * The customer is not interested in the campaign of the banner that `this` is or is in, or of an offer.
   * @this {unknown}
   * @param {Offer} [offer]
   * @returns {Promise<void>}
   */
  async function dismissCampaign(offer) {
    const chosen = offerFor(this, offer);
    closePopup();
    if (chosen) await close("dismiss", chosen.token);
  }

  /** Close the popup, whatever is in it. */
  function closePopup() {
    if (!popup) return;
    const closing = popup;
    popup = null;
    closing.close();
    closing.remove();
  }

  /**
   * The customer has converted to the campaign of a tracking token.
   * @param {string} [token] by default that of the funnel that was started last
   * @param {string} [trailId] by default this visit
   * @returns {Promise<boolean>} whether it was counted
   */
  async function conversion(token, trailId) {
    const chosen = token || (started ? started.token : "");
    return chosen ? close("conversion", chosen, trailId) : false;
  }

  /** @param {string} kind @param {string} token @param {string} [trailId] @returns {Promise<boolean>} */
  async function close(kind, token, trailId) {
    const data = [{ name: "tracking-token", value: token }];
    try {
      await post(`traces/trail/${encodeURIComponent(trailId || state.trailId)}/action`, { name: kind, type: kind, data });
      forgetTrace();
      if (kind === "dismiss" && state.options.syncOnLoad !== false) await syncPage();
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

