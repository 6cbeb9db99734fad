// Only makes better what works without it.

// The other language begins where the reader is: at the uppermost section in sight.
document.querySelector(".languages")?.addEventListener("click", ({ target }) => {
  const top = (section) => section.getBoundingClientRect().top;
  const inSight = [...document.querySelectorAll("article[id]")].filter((section) => {
    const { top, bottom } = section.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const [uppermost] = inSight.sort((one, other) => top(one) - top(other));
  if (target.href && scrollY > 0 && uppermost) target.hash = uppermost.id;
});

const overview = document.getElementById("overview");
// Absent where the browser does not know declarative shadow roots.
const progress = overview?.shadowRoot?.getElementById("progress");

if (progress) {
  const count = (outcome) => overview.querySelectorAll(`:scope > [data-outcome=${outcome}]`).length;

  // Screen readers hear about arrivals soon, and then every five seconds at most: of all together, not of each.
  let announcement;
  let pause = 1000;
  const announce = () => {
    announcement = undefined;
    pause = 5000;
    progress.textContent = overview.dataset.progress
      .replace("[answered]", count("answered"))
      .replace("[asked]", overview.dataset.sources - count("not-asked"));
  };
  const arrivals = new MutationObserver(() => {
    announcement ??= setTimeout(announce, pause);
  });
  arrivals.observe(overview, { childList: true });
  // What came before this script did.
  announcement = setTimeout(announce, pause);

  // The page has ended. Without a completion line its connection was cut.
  const conclude = () => {
    arrivals.disconnect();
    clearTimeout(announcement);
    if (!overview.querySelector(":scope > [slot=status]")) progress.textContent = overview.dataset.interrupted;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", conclude);
  else conclude();
}
