// Asks one source anew and puts its section where the old one was. Without this script the same link leads to a page with
// that section.

const overview = document.getElementById("overview");

// Said once the new section stands there; it must be on the page before it says anything.
const announcement = document.createElement("p");
announcement.className = "hidden";
announcement.setAttribute("role", "status");
document.body.append(announcement);

// Parsed by the browser as a document of its own, in which no script runs.
const fetched = (address) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("X-Overblik-CSRF", "1");
    request.setRequestHeader("X-Overblik-Section", "1");
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject(request.status));
    request.onerror = () => reject(0);
    request.send();
  });

overview?.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-refresh]");
  // Whoever wants it in another tab gets it there.
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const old = link.closest("article");
  if (old.getAttribute("aria-busy") === "true") return;
  old.setAttribute("aria-busy", "true");
  try {
    const answer = await fetched(link.href);
    const section = answer?.getElementById(old.id);
    if (!section) throw new Error("no section");
    const placed = document.adoptNode(section);
    old.replaceWith(placed);
    (placed.querySelector("a[data-refresh]") ?? placed).focus();
    // What needs attention, and how many answered, was added up before.
    document.getElementById("added-up-before")?.removeAttribute("hidden");
    announcement.textContent = link.dataset.refreshed;
  } catch (reason) {
    old.removeAttribute("aria-busy");
    // Logged out meanwhile: the page that says so.
    if (reason === 401) location.reload();
    else announcement.textContent = link.dataset.notRefreshed;
  }
});
