// The button of a connected frame. It opens a window of the gateway's, in which the citizen is asked, and takes from that
// window alone, at our own origin alone, the code by which the frame may show their sections.
"use strict";
(() => {
  const button = document.getElementById("ob-connect");
  const form = document.getElementById("ob-code");
  const blocked = document.getElementById("ob-blocked");
  const field = (name) => form.elements.namedItem(name);
  let opened = null;
  let sent = false;

  button.addEventListener("click", () => {
    if (opened !== null && !opened.closed) opened.close();
    opened = window.open(button.dataset.window, "_blank", "popup,width=640,height=800");
    blocked.hidden = opened !== null;
  });

  const isCode = (text) => typeof text === "string" && /^[\w-]{86}$/.test(text);

  window.addEventListener("message", ({ data, origin, source }) => {
    if (sent || opened === null || source !== opened || origin !== location.origin) return;
    if (data === null || typeof data !== "object" || data.type !== "overblik:allowed") return;
    if (data.portal !== field("portal").value || !isCode(data.code)) return;
    sent = true;
    opened.close();
    field("code").value = data.code;
    form.submit();
  });
})();
