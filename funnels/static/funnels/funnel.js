// What the funnel's page does beyond plain HTML: it keeps the focus where reading goes on, sends no form twice, follows
// a redirect by itself, and tells the page that shows it in a popup how it ended.
"use strict";

(() => {
  const state = document.body.dataset.state;
  const focused = document.querySelector(".errors") || document.querySelector("h1");
  if (focused) focused.focus({ preventScroll: false });

  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    });
  }
  // A page that comes back from the browser's memory may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
  });

  const link = document.querySelector("a[data-follow]");
  if (link && link.target !== "_blank") {
    try {
      (link.target === "_top" ? window.top : window).location.replace(link.href);
    } catch {
      // A browser may want a click before a frame leads its page away; the link is there for it.
    }
  }

  if (window.parent !== window) {
    // It says no more than how high the page is and how the funnel ended: any page that may frame us may hear it.
    window.parent.postMessage({ prisma: state, height: document.querySelector("main").offsetHeight }, "*");
  }
})();
