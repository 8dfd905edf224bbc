// Traces and visits: begun where there are none, begun anew where they are closed, remembered by the browser.
import { PrismaError, state } from "./state.mjs";

/**
 * Do something in this visit; where the trace is closed (410) or gone (404), once more in a new one.
 * @template T @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function visited(work) {
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

/** Find or start the trace and the visit. */
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

/** The next visit begins a new trace. */
export function forgetTrace() {
  state.traceId = state.trailId = "";
  remember(state.customerId);
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function post(path, body) {
  const headers = { "Content-Type": "application/json", "Accept": "application/json" };
  const answer = await fetch(`${state.base}/api/${path}`, { method: "POST", headers, credentials: "omit", body: JSON.stringify(body) });
  const members = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = members.error || {};
    throw new PrismaError(answer.status, error.code || "", error.message || `The platform answered ${answer.status}.`);
  }
  return members;
}

/** The name of the browser. */
function platform() {
  const found = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(navigator.userAgent);
  const names = /** @type {Record<string, string>} */ ({ Edg: "Edge", OPR: "Opera" });
  return found ? `${names[found[1]] || found[1]} Browser` : "Browser";
}

/** @param {string} [customerId] */
export function remember(customerId) {
  state.customerId = customerId || state.customerId;
  try {
    localStorage.setItem(`prisma ${state.appToken}`, JSON.stringify({ traceId: state.traceId, customerId: state.customerId, isTrusted: state.isTrusted }));
  } catch {
    // Without storage every page is a trace of its own.
  }
}

/** @param {string} appToken @returns {{traceId?: string, customerId?: string, isTrusted?: boolean}} */
export function recall(appToken) {
  try {
    return JSON.parse(localStorage.getItem(`prisma ${appToken}`) || "{}");
  } catch {
    return {};
  }
}
