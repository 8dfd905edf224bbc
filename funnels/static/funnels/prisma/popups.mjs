// The one popup that is open at a time, with a funnel or a placeholder in it.
import { offers, state, timers } from "./state.mjs";

/** @typedef {import("./state.mjs").Offer} Offer */

/** @type {HTMLDialogElement | null} */
let popup = null;

/** Open an offer's funnel. @param {Offer} offer @param {boolean} showClose */
export function openPopup(offer, showClose) {
  state.started = offer;
  const frame = document.createElement("iframe");
  frame.title = "Offer";
  frame.src = funnelAddress(offer, true);
  offers.set(showDialog(frame, showClose !== false, 0), offer);
}

/** @param {HTMLElement} inside @param {boolean} showClose @param {number} timeout @returns {HTMLDialogElement} */
export function showDialog(inside, showClose, timeout) {
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

/** Close the popup, whatever is in it. */
export function closePopup() {
  if (!popup) return;
  const closing = popup;
  popup = null;
  closing.close();
  closing.remove();
}

/** @param {Offer} offer @param {boolean} inPopup @returns {string} */
export function funnelAddress(offer, inPopup) {
  const query = new URLSearchParams({ d: offer.token, a: state.appToken, t: state.trailId });
  if (inPopup) query.set("popup", "true");
  return `${state.base}/api/campaigns/${encodeURIComponent(offer.campaign)}/funnel?${query}`;
}

/** The window of the open funnel, if there is one. @returns {HTMLIFrameElement | null} */
export function openFunnel() {
  return popup && popup.querySelector("iframe");
}

/** The given offer, or that of the element, or that of the open popup. @param {unknown} element @param {Offer} [offer] @returns {Offer | null} */
export function offerFor(element, offer) {
  if (offer && offer.token) return offer;
  for (let each = element instanceof Element ? element : null; each; each = each.parentElement) {
    const found = offers.get(each);
    if (found) return found;
  }
  return popup ? offers.get(popup) || null : null;
}
