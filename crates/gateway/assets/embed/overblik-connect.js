// The script of a connected frame. Its button opens a window of the gateway's, in which the citizen is asked, and it takes
// from that window alone, at our own origin alone, the code by which the frame may show their sections. The page around
// it is told the frame's height, at the portal's origins alone, and is not heard.
"use strict";
(() => {
  if (window.parent === window) return;

  // Where the browser says who is around us, that origin alone is spoken to, if it is one of the portal's.
  const origins = (document.body.dataset.origins ?? "").split(" ").filter(Boolean);
  const around = location.ancestorOrigins?.[0];
  const spokenTo = around === undefined ? origins : origins.filter((origin) => origin === around);
  const tell = (message) => spokenTo.forEach((origin) => window.parent.postMessage(message, origin));

  // In steps: to the letter it would tell the page around how much there is about the citizen.
  const STEP = 200;
  let told = 0;
  const tellHeight = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height / STEP) * STEP;
    if (height === told) return;
    told = height;
    tell({ type: "overblik:height", height });
  };
  new ResizeObserver(tellHeight).observe(document.documentElement);
  tell({ type: "overblik:ready" });
  tellHeight();

  // That it was given just now holds once: not when this address is loaded anew.
  history.replaceState(null, "", location.href.replace("&given=1", ""));
  // Shown from the browser's memory: what it shows may be over.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelector("main").replaceChildren();
    location.reload();
  });

  const button = document.getElementById("ob-connect");
  if (button === null) {
    // Come back to from another tab, in which the citizen may have logged out.
    document.addEventListener("visibilitychange", () => {
      document.querySelector("main").style.visibility = "hidden";
      if (!document.hidden) location.reload();
    });
    return;
  }
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
