// The script of a frame on a portal's page. It speaks with the window around it alone, at the portal's origins alone, and
// sends the token that it is given to the gateway in a form's body: never in an address. A connected frame is given none.
"use strict";
(() => {
  const body = document.body;
  const form = document.getElementById("ob-token");
  const origins = (body.dataset.origins ?? "").split(" ").filter(Boolean);
  const standing = body.dataset.standing;
  let sent = false;

  if (window.parent === window) return;

  // Where the browser says who is around us, that origin alone is spoken to, if it is one of the portal's.
  const around = location.ancestorOrigins?.[0];
  const spokenTo = around === undefined ? origins : origins.filter((origin) => origin === around);
  const tell = (message) => spokenTo.forEach((origin) => window.parent.postMessage(message, origin));

  // An embed token: three parts in base64url, of a length that one can have.
  const isToken = (text) =>
    typeof text === "string" && text.length <= 4096 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

  const show = (token) => {
    if (form === null || sent || !isToken(token)) return;
    sent = true;
    form.elements.namedItem("token").value = token;
    form.submit();
  };

  const wantToken = () => tell({ type: "overblik:token-wanted" });

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !origins.includes(event.origin)) return;
    const message = event.data;
    if (message === null || typeof message !== "object" || message.type !== "overblik:token") return;
    show(message.token);
  });

  let told = 0;
  const tellHeight = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    tell({ type: "overblik:height", height });
  };
  new ResizeObserver(tellHeight).observe(document.documentElement);

  document.getElementById("ob-update")?.addEventListener("click", wantToken);
  // Shown from the browser's memory: what it shows may be over.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelector("main").replaceChildren();
    sent = false;
    if (form === null) location.reload();
    else wantToken();
  });

  // That it was given just now holds once: not when this address is loaded anew.
  if (form === null) history.replaceState(null, "", location.href.replace("&given=1", ""));

  tell({ type: "overblik:ready" });
  tellHeight();
  if (standing === "shell") {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    // Nobody finds it in the address afterwards.
    if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
    if (given !== null) show(given);
    else wantToken();
  } else if (standing === "over") {
    tell({ type: "overblik:session-ended" });
  }
})();
