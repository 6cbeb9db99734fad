// Prints what a screen reader has to go by: the order of the overview in Chromium's accessibility tree, and what is
// announced while it loads and before the session ends. `node heard.mjs [da-DK | en-GB]`; docs/accessibility.md holds it.

import { startChromium } from './harness/chromium.mjs';
import { Demo } from './harness/demo.mjs';
import { SOURCES, beginLogin, chooseCitizen, complete, more, warning } from './harness/pages.mjs';

const locale = process.argv[2] ?? 'da-DK';

/** Roles that a screen reader neither names nor stops at. */
const SILENT = new Set([
  ...['RootWebArea', 'generic', 'none', 'paragraph', 'InlineTextBox', 'LineBreak', 'ListMarker', 'form', 'group'],
  ...['time', 'strong', 'sectionheader', 'DescriptionList', 'definition'],
]);
/** Roles whose name says all that is in them. */
const WHOLE = new Set(['link', 'button', 'heading', 'DisclosureTriangle', 'term', 'image']);

/** The tree as lines, each a stop: its role, and what is read out. */
async function order(page) {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines = [];
  const walk = (node, depth) => {
    const role = node.role?.value;
    const name = node.name?.value?.trim() ?? '';
    const level = node.properties?.find((property) => property.name === 'level')?.value.value;
    const speaks = !node.ignored && !SILENT.has(role) && (role !== 'StaticText' || name !== '');
    if (speaks) {
      const what = role === 'StaticText' ? '' : `${role}${level && role === 'heading' ? ` ${level}` : ''}`;
      lines.push('  '.repeat(depth) + [what, name && `"${name}"`].filter(Boolean).join(' '));
    }
    if (speaks && WHOLE.has(role)) return;
    for (const child of node.childIds ?? []) if (byId.has(child)) walk(byId.get(child), speaks ? depth + 1 : depth);
  };
  walk(nodes[0], 0);
  await devtools.detach();
  return lines;
}

/** What stands in the live regions now, the overview's slots filled. */
const live = (page) =>
  page.evaluate(() => {
    // What is behind a modal dialog is silent.
    const scope = document.querySelector('dialog[open]') ?? document;
    const regions = [...scope.querySelectorAll('[role=status], [role=alert]')];
    const shadow = scope.querySelector('#overview')?.shadowRoot;
    if (shadow) regions.push(...shadow.querySelectorAll('[role=status], [role=alert]'));
    const words = (region) => {
      const slot = region.querySelector('slot');
      const filled = slot?.assignedElements() ?? [];
      return (filled.length > 0 ? filled : [region]).map((element) => element.innerText).join(' ');
    };
    return regions.filter((region) => region.checkVisibility()).map(words).join(' ').replace(/\s+/g, ' ').trim();
  });

/** Everything that was announced until something is there, with the seconds at which it was. */
async function announcements(page, until) {
  const begun = Date.now();
  const heard = [];
  for (;;) {
    const over = await until();
    const words = await live(page).catch(() => undefined);
    if (words && words !== heard.at(-1)?.words) heard.push({ at: Date.now() - begun, words });
    if (over) return heard.map(({ at, words }) => `${(at / 1000).toFixed(1)} s  ${words}`);
    await page.waitForTimeout(50);
  }
}

function print(title, lines) {
  console.log(`\n## ${title}\n`);
  console.log(lines.map((line) => `    ${line}`).join('\n'));
}

const demo = await Demo.start({ settings: { 'session.idle_s': 40 } });
try {
  const browser = await startChromium();
  try {
    const context = await browser.newContext({ baseURL: demo.portal, locale, timezoneId: 'Europe/Copenhagen' });
    const page = await context.newPage();
    await beginLogin(page);
    await chooseCitizen(page, 'family-signe');
    await complete(page);
    print('The overview, from top to bottom', await order(page));
    await page.goto('/sections/payments');
    print('A section on a page of its own', await order(page));
    await more(page, 'payments').first().click();
    await page.locator('.trail').waitFor();
    print('More about one item', await order(page));
    for (const source of SOURCES) await demo.order(source, source === 'library' ? 'stall' : 'slow');
    await page.goto('/', { waitUntil: 'commit' });
    const isComplete = async () => (await page.locator('#overview > [slot=status]').count()) > 0;
    print('Announced while the overview loads, with a source that does not answer', await announcements(page, isComplete));
    await demo.calm();
    await warning(page).waitFor();
    print('The warning', (await order(page)).filter((line) => line.trim() !== ''));
    const isOver = async () => new URL(page.url()).pathname !== '/';
    print('Announced before the session ends', await announcements(page, isOver));
    await page.waitForLoadState();
    print('The page afterwards', await order(page));
  } finally {
    await browser.close();
  }
} finally {
  await demo.stop();
}
