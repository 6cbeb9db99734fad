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
  const violations = found.violations.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.html) }));
  assert.deepEqual(violations, [], `${named}: no violation`);
}

/** The page is no wider than the screen. */
export async function assertNoSidewaysScroll({ page }, named) {
  const { content, screen, wide } = await page.evaluate(() => {
    const root = document.documentElement;
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5 && getComputedStyle(element).display !== 'none',
    );
    return { content: root.scrollWidth, screen: root.clientWidth, wide: wide.map((element) => element.outerHTML.slice(0, 120)) };
  });
  assert.deepEqual({ content, wide }, { content: screen, wide: [] }, `${named}: nothing lies beyond the right edge`);
}
