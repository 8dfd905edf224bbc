// The browser client of the trace dialect: visits, banners, popups and funnels. No dependencies.
//
//   <div data-prisma-placeholder="home-hero"></div>
//   <script src="https://campaigns.example/sdk/javascript/prisma.js"></script>
//   prisma.load("campaigns.example", 443, "<app-token>", "<customer-id or empty>", [], "https");
"use strict";

/**
 * @typedef {object} Options
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

  /** @type {{base: string, appToken: string, customerId: string, options: Options, traceId: string, trailId: string}} */
  const state = { base: "", appToken: "", customerId: "", options: {}, traceId: "", trailId: "" };
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
    // Somebody else at this browser gets a trace of their own.
    state.traceId = !customerId || customerId === remembered.customerId ? remembered.traceId || "" : "";
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

  // --- Showing -------------------------------------------------------------------------------------------------

  /** @param {string} name @param {any} placeholder */
  function showPlaceholder(name, placeholder) {
    const frame = document.createElement("div");
    frame.className = "prisma-carousel";
    frame.style.maxWidth = `${Number(placeholder.width)}px`;
    /** @type {HTMLElement[]} */
    const banners = placeholder["banners-list"].map(bannerElement);
    frame.append(...banners);
    if (banners.length > 1) rotate(frame, banners, Number(placeholder["transition-time"]));
    if (placeholder["is-popup"]) {
      showDialog(frame, placeholder["popup-show-close"] !== false, Number(placeholder["popup-timeout"]));
      return;
    }
    for (const place of placesOf(document)) if (place.dataset.prismaPlaceholder === name) place.replaceChildren(frame);
  }

  /** @param {any} detail @returns {HTMLElement} */
  function bannerElement(detail) {
    const { banner } = detail;
    const element = document.createElement(banner.link ? "button" : "div");
    element.className = "prisma-banner";
    offers.set(element, { campaign: banner.campaign, token: banner["tracking-token"], funnel: detail.funnel });
    element.dataset.prismaCampaign = String(banner.campaign);
    if (banner.link) {
      const image = document.createElement("img");
      image.src = new URL(banner.link, state.base).href;
      image.alt = "Open this offer";
      image.width = banner.width;
      image.height = banner.height;
      element.setAttribute("type", "button");
      element.append(image);
      element.addEventListener("click", () => startFunnel.call(element));
    } else {
      element.append(content(banner["html-content"] || ""));
    }
    return element;
  }

  /**
   * A banner's HTML, whose calls of this client become listeners: they work under any Content-Security-Policy, and no
   * other script that might stand in it does.
   * @param {string} html @returns {DocumentFragment}
   */
  function content(html) {
    // In a document of its own nothing loads or runs while it is being cleaned; and under other names styles and calls
    // don't even try to, which the page's Content-Security-Policy would report.
    const setAside = html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|onclick)=/gi, " data-prisma-$1="));
    const { body } = new DOMParser().parseFromString(setAside, "text/html");
    for (const unwanted of body.querySelectorAll("script, style, iframe, object, embed, base, meta, link, form")) unwanted.remove();
    /** @type {[HTMLElement, string][]} */
    const styled = [];
    for (const element of body.querySelectorAll("*")) {
      for (const { name, value } of [...element.attributes]) {
        const call = name === "data-prisma-onclick" ? CALL.exec(value) : null;
        if (name === "data-prisma-style") styled.push([/** @type {HTMLElement} */ (element), value]);
        if (name === "style" || name.startsWith("data-prisma-") || name.startsWith("on") || /^\s*(?:javascript|data|vbscript):/i.test(value)) element.removeAttribute(name);
        if (call) listen(element, call[1]);
      }
    }
    const fragment = document.createDocumentFragment();
    fragment.append(...body.childNodes);
    for (const [element, style] of styled) element.style.cssText = style;
    return fragment;
  }

  /** @param {Element} element @param {string} name */
  function listen(element, name) {
    const actions = { startFunnel, dismissCampaign, closePopup };
    element.addEventListener("click", (event) => {
      event.preventDefault();
      actions[/** @type {keyof typeof actions} */ (name)].call(element);
    });
  }

  /** @param {HTMLElement} frame @param {HTMLElement[]} banners @param {number} milliseconds */
  function rotate(frame, banners, milliseconds) {
    let shown = 0;
    const dots = document.createElement("div");
    dots.className = "prisma-dots";
    const buttons = banners.map((_, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Offer ${index + 1} of ${banners.length}`);
      button.addEventListener("click", () => show(index));
      return button;
    });
    /** @param {number} index */
    const show = (index) => {
      shown = index;
      banners.forEach((banner, position) => { banner.hidden = position !== index; });
      buttons.forEach((button, position) => button.setAttribute("aria-current", String(position === index)));
    };
    dots.append(...buttons);
    frame.append(dots);
    show(0);
    // Whoever wants no motion, points at a banner or has the focus in it is not hurried.
    const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches || frame.matches(":hover, :focus-within");
    if (milliseconds > 0) timers.push(window.setInterval(() => { if (!isStill()) show((shown + 1) % banners.length); }, milliseconds));
  }

  /** @param {Offer} offer @param {boolean} showClose */
  function openPopup(offer, showClose) {
    started = offer;
    const frame = document.createElement("iframe");
    frame.title = "Offer";
    frame.src = funnelAddress(offer, true);
    offers.set(showDialog(frame, showClose !== false, 0), offer);
  }

  /** @param {HTMLElement} inside @param {boolean} showClose @param {number} timeout @returns {HTMLDialogElement} */
  function showDialog(inside, showClose, timeout) {
    closePopup();
    const dialog = document.createElement("dialog");
    dialog.className = "prisma-popup";
    dialog.setAttribute("aria-label", "Offer");
    if (showClose) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "prisma-close";
      button.setAttribute("aria-label", "Close");
      button.textContent = "\u00d7";
      button.addEventListener("click", closePopup);
      dialog.append(button);
    }
    dialog.append(inside);
    // Escape closes it; a dialog without a close button is closed by its time or its funnel, or by Escape.
    dialog.addEventListener("close", () => { if (popup === dialog) closePopup(); });
    document.body.append(dialog);
    popup = dialog;
    dialog.showModal();
    if (timeout > 0) timers.push(window.setTimeout(() => { if (popup === dialog) closePopup(); }, timeout));
    return dialog;
  }

  /** @param {Offer} offer @param {boolean} inPopup @returns {string} */
  function funnelAddress(offer, inPopup) {
    const query = new URLSearchParams({ d: offer.token, a: state.appToken, t: state.trailId });
    if (inPopup) query.set("popup", "true");
    return `${state.base}/api/campaigns/${encodeURIComponent(offer.campaign)}/funnel?${query}`;
  }

  /** @param {MessageEvent} event */
  function onMessage(event) {
    const frame = popup && popup.querySelector("iframe");
    if (event.origin !== state.base || !frame || event.source !== frame.contentWindow || !event.data) return;
    if (Number(event.data.height) > 0) frame.style.height = `${Math.ceil(Number(event.data.height))}px`;
    if (event.data.prisma === "dismissed") {
      closePopup();
      forgetTrace();
      syncPage({ syncPopups: false });
    } else if (event.data.prisma === "closed") {
      closePopup();
    }
  }

  // --- Traces and visits ---------------------------------------------------------------------------------------

  /**
   * Do something in this visit; where the trace is closed (410) or gone (404), once more in a new one.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async function visited(work) {
    try {
      await visit();
      return await work();
    } catch (error) {
      const isOver = error instanceof PrismaError && (error.status === 410 || ["trace-closed", "unknown-trace", "unknown-trail"].includes(error.code));
      if (!isOver) throw error;
      forgetTrace();
      await visit();
      return work();
    }
  }

  async function visit() {
    if (!state.traceId) {
      const trace = await post("traces/trace", { "app-token": state.appToken, "customer-id": state.customerId });
      state.traceId = trace["trace-id"];
      remember(trace["customer-id"]);
    }
    if (!state.trailId) {
      const members = { channel: state.options.channel || "web", language: navigator.language, platform: platform() };
      state.trailId = (await post(`traces/${encodeURIComponent(state.traceId)}/trail`, members))["trail-id"];
    }
  }

  function forgetTrace() {
    state.traceId = state.trailId = "";
    remember(state.customerId);
  }

  /** @param {string} path @param {object} body @returns {Promise<any>} */
  async function post(path, body) {
    const headers = { "Content-Type": "application/json", "Accept": "application/json" };
    const answer = await fetch(`${state.base}/api/${path}`, { method: "POST", headers, credentials: "omit", body: JSON.stringify(body) });
    const members = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const error = members.error || {};
      throw new PrismaError(answer.status, error.code || "", error.message || `The platform answered ${answer.status}.`);
    }
    return members;
  }

  function platform() {
    const found = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(navigator.userAgent);
    const names = /** @type {Record<string, string>} */ ({ Edg: "Edge", OPR: "Opera" });
    return found ? `${names[found[1]] || found[1]} Browser` : "Browser";
  }

  /** @param {string} [customerId] */
  function remember(customerId) {
    state.customerId = customerId || state.customerId;
    try {
      localStorage.setItem(`prisma ${state.appToken}`, JSON.stringify({ traceId: state.traceId, customerId: state.customerId }));
    } catch {
      // Without storage every page is a trace of its own.
    }
  }

  /** @param {string} appToken @returns {{traceId?: string, customerId?: string}} */
  function recall(appToken) {
    try {
      return JSON.parse(localStorage.getItem(`prisma ${appToken}`) || "{}");
    } catch {
      return {};
    }
  }

  // --- The rest ------------------------------------------------------------------------------------------------

  /** @param {any} members @returns {Offer} */
  function offerOf(members) {
    return { campaign: members.campaign, token: members["tracking-token"], funnel: members.funnel || {} };
  }

  /** @param {unknown} element @param {Offer} [offer] @returns {Offer | null} */
  function offerFor(element, offer) {
    if (offer && offer.token) return offer;
    for (let each = element instanceof Element ? element : null; each; each = each.parentElement) {
      const found = offers.get(each);
      if (found) return found;
    }
    return popup ? offers.get(popup) || null : null;
  }

  /** @param {ParentNode} root @returns {HTMLElement[]} */
  function placesOf(root) {
    return [...root.querySelectorAll("[data-prisma-placeholder]")].filter((place) => place instanceof HTMLElement);
  }

  function stopTimers() {
    for (const timer of timers) window.clearInterval(timer);
    timers = [];
  }

  function addStyles() {
    if (sheet) return;
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  /** @param {unknown} error @returns {null} */
  function failed(error) {
    const known = error instanceof Error ? error : new Error(String(error));
    if (state.options.onError) state.options.onError(known);
    else console.warn("prisma:", known.message);
    return null;
  }

  return { load, syncPage, startFunnel, dismissCampaign, closePopup, conversion };
})();

// @ts-ignore - the one name that pages know
window.prisma = prisma;
