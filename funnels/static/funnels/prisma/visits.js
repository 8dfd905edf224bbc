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
      const members = { "app-token": state.appToken, "customer-id": state.customerId };
      const proof = state.isTrusted ? { "customer-token": state.options.customerToken } : {};
      const trace = await post("traces/trace", { ...members, ...proof });
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
      localStorage.setItem(`prisma ${state.appToken}`, JSON.stringify({ traceId: state.traceId, customerId: state.customerId, isTrusted: state.isTrusted }));
    } catch {
      // Without storage every page is a trace of its own.
    }
  }

  /** @param {string} appToken @returns {{traceId?: string, customerId?: string, isTrusted?: boolean}} */
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
