// The script of a frame on a portal's page. It speaks with the window around it alone, at the portal's origins alone, and
// sends the token that it is given to the gateway in a form's body: never in an address. The answer is shown in a frame of
// its own, new for each token: so the way back leads to the page before the portal's, and no token is asked for on it.
"use strict";
(() => {
  const main = document.querySelector("main");
  const form = document.getElementById("ob-token");
  const update = document.getElementById("ob-update");
  const origins = (document.body.dataset.origins ?? "").split(" ").filter(Boolean);
  let views = 0;
  let waits = false;

  if (window.parent === window) return;

  // Where the browser says who is around us, that origin alone is spoken to, if it is one of the portal's.
  const around = location.ancestorOrigins?.[0];
  const spokenTo = around === undefined ? origins : origins.filter((origin) => origin === around);
  const tell = (message) => spokenTo.forEach((origin) => window.parent.postMessage(message, origin));

  // An embed token: three parts in base64url, of a length that one can have.
  const isToken = (text) =>
    typeof text === "string" && text.length <= 4096 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

  const show = (token) => {
    if (waits || !isToken(token)) return;
    waits = true;
    views += 1;
    const view = document.createElement("iframe");
    view.name = `ob-view-${views}`;
    view.title = document.title;
    view.className = "ob-view";
    view.hidden = true;
    main.append(view);
    view.addEventListener("load", () => shown(view));
    form.target = view.name;
    form.elements.namedItem("token").value = token;
    form.submit();
    form.elements.namedItem("token").value = "";
  };

  // What was there before stays until the answer is.
  const shown = (view) => {
    const page = view.contentDocument;
    // The empty page before the answer, in browsers that tell of it.
    if (page?.URL === "about:blank") return;
    waits = false;
    for (const former of [...main.children]) if (former !== view) former.remove();
    view.hidden = false;
    update.hidden = false;
    // A page that did not come is the browser's own, and nobody reads it.
    if (!page) return;
    const fit = () => {
      view.height = Math.ceil(page.documentElement.getBoundingClientRect().height);
    };
    new view.contentWindow.ResizeObserver(fit).observe(page.documentElement);
    fit();
    tell({ type: "overblik:ready" });
    if (page.body.dataset.standing === "over") tell({ type: "overblik:session-ended" });
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

  update.addEventListener("click", wantToken);
  // Shown from the browser's memory: what it shows may be over.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    main.replaceChildren();
    waits = false;
    wantToken();
  });

  tell({ type: "overblik:ready" });
  tellHeight();
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  // Nobody finds it in the address afterwards.
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  if (given !== null) show(given);
  else wantToken();
})();
