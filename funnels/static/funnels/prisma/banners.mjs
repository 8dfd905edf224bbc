// Placeholders and their banners.
import { showDialog } from "./popups.mjs";
import { offers, state, timers } from "./state.mjs";

/** @typedef {Record<"startFunnel" | "dismissCampaign" | "closePopup", (this: unknown) => unknown>} Actions */

const CALL = /^\s*prisma\.(startFunnel|dismissCampaign|closePopup)\.call\(this\)\s*;?\s*$/;

/** The elements that are to be filled. @param {ParentNode} root @returns {HTMLElement[]} */
export function placesOf(root) {
  return [...root.querySelectorAll("[data-prisma-placeholder]")].filter((place) => place instanceof HTMLElement);
}

/** @param {string} name @param {any} placeholder @param {Actions} actions */
export function showPlaceholder(name, placeholder, actions) {
  const frame = document.createElement("div");
  frame.className = "prisma-carousel";
  frame.style.maxWidth = `${Number(placeholder.width)}px`;
  /** @type {HTMLElement[]} */
  const banners = placeholder["banners-list"].map((/** @type {any} */ detail) => bannerElement(detail, actions));
  frame.append(...banners);
  if (banners.length > 1) rotate(frame, banners, Number(placeholder["transition-time"]));
  if (placeholder["is-popup"]) {
    showDialog(frame, placeholder["popup-show-close"] !== false, Number(placeholder["popup-timeout"]));
    return;
  }
  for (const place of placesOf(document)) if (place.dataset.prismaPlaceholder === name) place.replaceChildren(frame);
}

/** @param {any} detail @param {Actions} actions @returns {HTMLElement} */
function bannerElement(detail, actions) {
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
    element.addEventListener("click", () => actions.startFunnel.call(element));
  } else {
    element.append(content(banner["html-content"] || "", actions));
  }
  return element;
}

/**
 * A banner's HTML, whose calls of this client become listeners: they work under any Content-Security-Policy, and no
 * other script that might stand in it does.
 * @param {string} html @param {Actions} actions @returns {DocumentFragment}
 */
function content(html, actions) {
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
      if (call) listen(element, actions[/** @type {keyof Actions} */ (call[1])]);
    }
  }
  const fragment = document.createDocumentFragment();
  fragment.append(...body.childNodes);
  for (const [element, style] of styled) element.style.cssText = style;
  return fragment;
}

/** @param {Element} element @param {(this: unknown) => unknown} action */
function listen(element, action) {
  element.addEventListener("click", (event) => {
    event.preventDefault();
    action.call(element);
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
