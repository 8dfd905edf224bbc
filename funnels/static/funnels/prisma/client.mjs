// What pages call: visits, banners, popups and funnels of the trace dialect. No dependencies.
import { placesOf, showPlaceholder } from "./banners.mjs";
import { closePopup, funnelAddress, offerFor, openFunnel, openPopup } from "./popups.mjs";
import { failed, state, timers } from "./state.mjs";
import { addStyles } from "./styles.mjs";
import { forgetTrace, post, recall, remember, visited } from "./visits.mjs";

/** @typedef {import("./state.mjs").Offer} Offer */
/** @typedef {import("./state.mjs").Options} Options */

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
    for (const placeholder of answer.placeholders) showPlaceholder(names[placeholder.index], placeholder, actions);
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
  state.started = chosen;
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

/**
 * The customer has converted to the campaign of a tracking token.
 * @param {string} [token] by default that of the funnel that was started last
 * @param {string} [trailId] by default this visit
 * @returns {Promise<boolean>} whether it was counted
 */
async function conversion(token, trailId) {
  const chosen = token || (state.started ? state.started.token : "");
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

/** @param {MessageEvent} event */
function onMessage(event) {
  const frame = openFunnel();
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

/** @param {any} members @returns {Offer} */
function offerOf(members) {
  return { campaign: members.campaign, token: members["tracking-token"], funnel: members.funnel || {} };
}

function stopTimers() {
  for (const timer of timers) window.clearInterval(timer);
  timers.length = 0;
}

/** What the `onclick` of a banner may call. */
const actions = { startFunnel, dismissCampaign, closePopup };

export const prisma = { load, syncPage, ...actions, conversion };
