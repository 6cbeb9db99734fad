// The window in which a citizen lets a portal show their overview in a frame of ours. The frame opened it, and it alone is
// handed the code: a message to our own origin, which no page of the portal's receives.

const about = document.getElementById("connect").dataset;
const frame = window.opener;

if (about.standing === "ask") {
  // Whoever logged in on the way has lost the frame, and a code would come to nobody.
  if (frame === null || frame.closed) location.replace("/auth/logged-in");
  // A click that was meant for something else, before this window was there or in front, says yes to nothing.
  const yes = document.getElementById("connect-yes");
  let waiting;
  const wait = () => {
    yes.disabled = true;
    clearTimeout(waiting);
    waiting = setTimeout(() => (yes.disabled = document.hidden), 700);
  };
  wait();
  window.addEventListener("focus", wait);
  document.addEventListener("visibilitychange", wait);
  document.getElementById("connect-no").addEventListener("click", (event) => {
    event.preventDefault();
    window.close();
  });
} else {
  frame?.postMessage({ type: "overblik:allowed", portal: about.portal, code: about.code }, location.origin);
  // The frame closes it when it has the code: a message from a window that is gone might have no sender any more.
  setTimeout(() => window.close(), 1000);
}
