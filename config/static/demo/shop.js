// The demo shop's own script: all it does with the platform goes through the browser client.
"use strict";

(() => {
  const { appToken, customerId, customerToken } = document.body.dataset;
  const told = document.getElementById("told");
  const protocol = location.protocol.replace(":", "");

  prisma.load(location.hostname, location.port, appToken, customerId, [], protocol, {
    customerToken,
    onError: (error) => { told.textContent = `The platform said: ${error.message}`; },
  }).then(() => { document.body.dataset.loaded = "yes"; });

  document.getElementById("newcomer").addEventListener("click", () => {
    localStorage.clear();
    location.assign("/demo/");
  });

  const form = document.getElementById("application");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const counted = await prisma.conversion(form.dataset.trackingToken, form.dataset.trailId);
    const sent = document.getElementById("sent");
    sent.textContent = counted ? "Thank you! Your card is on its way." : "This application was already sent.";
    form.hidden = true;
  });
})();
