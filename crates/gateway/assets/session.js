// On every page about a citizen: warns before the session ends, takes the page from the screen when it has, and agrees
// with the other tabs. Without JavaScript the page closes by itself at the time that it names.

const SESSION = "/api/v1/session";
const ENDED = "/auth/session-ended";
const LOGGED_OUT = "/auth/logged-out";
/** With so many seconds left a screen reader hears it. */
const SAID_AT = [60, 30, 10];

const about = document.querySelector("meta[name=overblik-session]").dataset;

/** By the clock on the wall, which goes on while a computer sleeps. */
let idleEnd;
let end;
const remember = (idle, absolute, from) => {
  idleEnd = from + idle * 1000;
  end = from + absolute * 1000;
};
// The gateway counted from when it was asked for the page, which was later.
remember(about.idleSeconds, about.absoluteSeconds, performance.timeOrigin);
const left = () => idleEnd - Date.now();
const warnAt = about.warnAtSeconds * 1000;

/** Nothing is shown any more: the page is about to go, or another tab is logging out. */
let going = false;
const veil = () => {
  document.documentElement.hidden = going || left() <= 0;
};
const go = (move) => {
  going = true;
  veil();
  move();
};
const leave = (path) => go(() => location.replace(path));

/** What the gateway knows; `POST` says that the citizen is still there. Fails when it cannot be reached. */
const ask = async (method = "GET", ended = ENDED) => {
  const headers = { "x-overblik-csrf": "1" };
  const answer = await fetch(SESSION, { method, headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
  if (answer.status === 401) return leave(ended);
  if (!answer.ok) throw new Error(`${SESSION} answered ${answer.status}`);
  const { session, idle_seconds_left: idle, absolute_seconds_left: absolute } = await answer.json();
  if (session !== about.session) {
    // Somebody has logged in anew, perhaps somebody else.
    return go(() => location.reload());
  }
  remember(idle, absolute, Date.now());
  look();
};

// The other tabs hear of each page that the citizen opens, as that starts the idle time again, and of the logout.
const tabs = new BroadcastChannel("overblik-session");
tabs.postMessage("active");
tabs.addEventListener("message", ({ data }) => {
  if (data === "active") ask().catch(() => {});
  if (data === "leaving") followOut();
});
document.addEventListener("submit", ({ target }) => {
  if (target.id === "log-out") tabs.postMessage("leaving");
});

/** Another tab logs out: nothing is shown any more, and as soon as the session is over this tab says so. */
const followOut = async () => {
  going = true;
  veil();
  for (let tries = 0; tries < 10; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await ask("GET", LOGGED_OUT).catch(() => {});
  }
  // Nobody was logged out after all. Had this tab moved on, nothing of this would run.
  going = false;
  veil();
};

// The warning.
let dialog;
let asked = 0;
let dismissed = false;
let shown;
let title;

const warn = () => {
  const kind = end > idleEnd ? "idle" : "over";
  if (dialog.open && kind === shown) return;
  if (kind === "over" && dismissed) return close();
  shown = kind;
  for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== kind;
  if (!dialog.open) {
    dialog.querySelector("[data-failed]").hidden = true;
    dialog.showModal();
    title = document.title;
    document.title = dialog.querySelector("h2").textContent;
  }
  dialog.querySelector(`.ways [data-when=${kind}]`).focus();
};

const count = () => {
  const seconds = Math.max(0, Math.ceil(left() / 1000));
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  dialog.querySelector("[data-time-left]").textContent = clock;
  const heard = SAID_AT.findLast((at) => seconds <= at);
  const said = dialog.querySelector("[data-said]");
  if (heard !== undefined && said.dataset.said !== String(heard)) {
    said.dataset.said = heard;
    said.textContent = dialog.dataset.secondsLeft.replace("[seconds]", seconds);
  }
};

const close = () => {
  if (!dialog?.open) return;
  dialog.close();
  document.title = title;
  const said = dialog.querySelector("[data-said]");
  said.dataset.said = "";
  said.textContent = "";
};

const stay = async () => {
  try {
    await ask("POST");
    tabs.postMessage("active");
  } catch {
    dialog.querySelector("[data-failed]").hidden = false;
  }
};

const dismiss = () => {
  dismissed = true;
  close();
};

/** Does what the time asks for. */
const look = () => {
  veil();
  if (left() <= 0) {
    // Another tab may know better; without an answer nothing is shown.
    if (Date.now() - asked > 1000) {
      asked = Date.now();
      ask().catch(() => leave(ENDED));
    }
    return;
  }
  if (left() > warnAt) return close();
  if (!dialog) return;
  if (!dialog.open && Date.now() - asked > warnAt) {
    // The truth, before anybody is disturbed.
    asked = Date.now();
    ask().catch(look);
    return;
  }
  warn();
  if (dialog.open) count();
};

const ready = () => {
  dialog = document.getElementById("session-warning");
  // A page without its end was cut off, perhaps because the session is over.
  if (!dialog) ask().catch(() => {});
  dialog?.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (end > idleEnd) stay();
    else dismiss();
  });
  dialog?.querySelector("[data-stay]").addEventListener("click", stay);
  dialog?.querySelector("[data-close]").addEventListener("click", dismiss);
  look();
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();

setInterval(look, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  look();
  ask().catch(() => {});
});

// A page must not come back from the browser's memory of pages after logout: it leaves hidden and, when it is restored,
// asks the gateway again.
addEventListener("pagehide", (event) => {
  if (event.persisted) document.documentElement.hidden = true;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
