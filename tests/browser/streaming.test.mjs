// Sections come one by one, whatever the slowest source does.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  SOURCES,
  WORDS,
  assertAnswered,
  assertUnanswered,
  attention,
  complete,
  completion,
  logIn,
  section,
  skeleton,
} from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** What a citizen sees right now: per source its section or its skeleton. */
function seen(page) {
  return page.evaluate((sources) => {
    const isSeen = (element) => element !== null && element.getClientRects().length > 0;
    const shadow = document.querySelector('#overview')?.shadowRoot;
    return sources
      .map((source) => {
        const arrived = isSeen(document.querySelector(`#section-${source}`));
        const waiting = isSeen(shadow?.querySelector(`[aria-labelledby=waiting-${source}]`) ?? null);
        return `${source}: ${arrived ? 'here' : ''}${waiting ? 'waited for' : ''}`;
      })
      .join(', ');
  }, SOURCES);
}

/** Everything that was seen, in order, until the overview was complete. */
async function watch(page) {
  const views = [];
  for (;;) {
    const ended = (await completion(page).count()) > 0;
    const view = await seen(page);
    if (views.at(-1) !== view) views.push(view);
    if (ended) return views;
    await page.waitForTimeout(20);
  }
}

for (const { script, named } of BROWSERS) {
  describe(`streaming ${named}`, () => {
    test('each section takes the place of its skeleton as soon as its source has answered', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        // Daycare answers at once, payments after 2.5 s, and the library is given up after its 3 s.
        await here.demo.order('payments', 'slow');
        await here.demo.order('library', 'stall');
        await page.goto('/', { waitUntil: 'commit' });
        const views = await watch(page);
        const steps = [
          'daycare: here, payments: waited for, library: waited for',
          'daycare: here, payments: here, library: waited for',
          'daycare: here, payments: here, library: here',
        ];
        assert.deepEqual(views.slice(-3), steps, `seen in order: ${views.join(' | ')}`);
        await complete(page);
        await assertAnswered(page, 'payments');
        await assertUnanswered(page, 'library');
      }));

    test('before any source has answered the page is there, says whom it waits for, and offers to log out', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        for (const source of SOURCES) await here.demo.order(source, 'stall');
        await page.goto('/', { waitUntil: 'commit' });
        for (const source of SOURCES) await skeleton(page, source).waitFor();
        assert.equal(await skeleton(page, 'library').locator('.fetching').innerText(), 'Henter fra Birkerup Biblioteker …');
        assert.equal(await page.locator('#progress').innerText(), 'Henter svar fra 3 kilder …');
        assert.ok(await page.getByRole('button', { name: WORDS.da.logOut }).isVisible());
        for (const source of SOURCES) assert.equal(await section(page, source).count(), 0, source);
        await complete(page);
        for (const source of SOURCES) await assertUnanswered(page, source);
        const needs = await attention(page).innerText();
        assert.ok(!needs.includes(WORDS.da.nothingNeedsAttention), 'no promise without an answer');
      }));
  });
}

test('with JavaScript the waiting line counts the answers as they come', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await here.demo.order('library', 'stall');
    await page.goto('/', { waitUntil: 'commit' });
    await page.getByText('2 af 3 kilder har svaret').waitFor();
    assert.equal(await section(page, 'library').count(), 0, 'the library is still out');
  }));
