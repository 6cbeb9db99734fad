// Only makes better what works without it.

const overview = document.getElementById("overview");
// Absent where the browser does not know declarative shadow roots.
const progress = overview?.shadowRoot?.getElementById("progress");

if (progress) {
  const count = (outcome) => overview.querySelectorAll(`:scope > [data-outcome=${outcome}]`).length;

  // Screen readers hear about arrivals at most once a second.
  let announcement;
  const announce = () => {
    announcement = undefined;
    progress.textContent = overview.dataset.progress
      .replace("[answered]", count("answered"))
      .replace("[asked]", overview.dataset.sources - count("not-asked"));
  };
  const arrivals = new MutationObserver(() => {
    announcement ??= setTimeout(announce, 1000);
  });
  arrivals.observe(overview, { childList: true });
  // What came before this script did.
  announcement = setTimeout(announce, 1000);

  // The page has ended. Without a completion line its connection was cut.
  const conclude = () => {
    arrivals.disconnect();
    clearTimeout(announcement);
    if (!overview.querySelector(":scope > [slot=status]")) progress.textContent = overview.dataset.interrupted;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", conclude);
  else conclude();
}
