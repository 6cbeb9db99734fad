// What a page costs whoever opens it: bytes, time, and how much of what is being read moves.

import { complete } from './pages.mjs';

/** Nothing moves any more so long after the last section. */
const SETTLED_MS = 300;

/** Runs in the page before everything else: notes layout shifts, and when the first section is on the screen. */
function watch() {
  const seen = { shifts: [], firstSection: undefined };
  globalThis.seen = seen;
  new PerformanceObserver((list) => {
    for (const { value, startTime, hadRecentInput } of list.getEntries()) {
      if (!hadRecentInput) seen.shifts.push({ value, startTime });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    const section = document.querySelector('#overview > .section');
    if (section?.getClientRects().length > 0) seen.firstSection = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** The largest sum of shifts within five seconds, with no second between two of them: Cumulative Layout Shift. */
function cumulative(shifts) {
  let [largest, sum, first, last] = [0, 0, 0, -Infinity];
  for (const { value, startTime } of shifts) {
    if (startTime - last > 1000 || startTime - first > 5000) [sum, first] = [0, startTime];
    sum += value;
    last = startTime;
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** Opens the overview of whoever is logged in as for the first time: nothing cached, every source asked. */
export async function measure(context, page) {
  const devtools = await context.newCDPSession(page);
  const bytes = {};
  const kinds = new Map();
  devtools.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId) ?? 'Other';
    bytes[kind] = (bytes[kind] ?? 0) + encodedDataLength;
  });
  await devtools.send('Network.enable');
  // The browser then says `no-cache` too, and no answer that the gateway keeps for the session is shown again.
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await devtools.send('Page.enable');
  const { identifier } = await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${watch})()` });
  await page.goto('/', { waitUntil: 'commit' });
  await complete(page);
  const completeAt = await page.evaluate(() => performance.now());
  await page.waitForTimeout(SETTLED_MS);
  const { shifts, firstSection } = await page.evaluate(() => globalThis.seen);
  await devtools.send('Page.removeScriptToEvaluateOnNewDocument', { identifier });
  await devtools.detach();
  const inAll = Object.values(bytes).reduce((sum, part) => sum + part, 0);
  return { bytes: { ...bytes, inAll }, firstSection, complete: completeAt, shift: cumulative(shifts) };
}
