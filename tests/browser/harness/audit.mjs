// What every page must stand: axe-core's rules, and a narrow screen.

import assert from 'node:assert/strict';

import { AxeBuilder } from '@axe-core/playwright';

/** WCAG 2.1 level A and AA with all that came before: the law on web accessibility points to them. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** axe-core finds no violation, folded parts included. */
export async function assertAccessible({ page, guard }, named) {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  // axe-core tries out styles in the page, which the pages' own policy refuses.
  const found = await guard.apartFrom(() => new AxeBuilder({ page }).withTags(TAGS).analyze());
  assert.ok(found.passes.length > 5, `${named}: axe-core found something to look at`);
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.ok(violations.length === 0, `${named} is not accessible:\n${violations.join('\n')}`);
}

/** The page is no wider than the screen, and nothing that is seen sticks out of it but what a table of figures holds, which is
    read sideways by itself and by keyboard (WCAG 1.4.10 leaves tables out). */
export async function assertNoSidewaysScroll({ page }, named) {
  const { content, screen, outside } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const sticksOut = (element) => element.checkVisibility() && element.getBoundingClientRect().right > clientWidth + 0.5;
    const isRead = (element) => element.parentElement.closest('[role="region"][tabindex="0"]:has(> table)');
    const outside = [...document.body.querySelectorAll('*')].filter((element) => sticksOut(element) && !isRead(element));
    return { content: scrollWidth, screen: clientWidth, outside: outside.map((element) => element.outerHTML.slice(0, 120)) };
  });
  assert.ok(
    content <= screen && outside.length === 0,
    `${named}: ${content} px of content on a screen of ${screen} px:\n${outside.join('\n')}`,
  );
}
