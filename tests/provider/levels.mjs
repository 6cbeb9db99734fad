// The levels of the National Standard for Identity Assurance (NSIS), the lowest first.

export const LEVELS = ['Low', 'Substantial', 'High'].map((name) => `https://data.gov.dk/concept/core/nsis/loa/${name}`);

/** Whether a level is one of those that were asked for, or above. */
export function suffices(level, asked) {
  const least = Math.min(...asked.map((name) => LEVELS.indexOf(name)).filter((rank) => rank >= 0));
  return !Number.isFinite(least) || LEVELS.indexOf(level) >= least;
}
