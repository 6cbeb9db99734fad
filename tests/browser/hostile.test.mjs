// What sources write is words, whoever shows it: the gateway's own page, its fragments and frame, and the web component
// (requirement R64). The demo's authorities write attempts of every kind into all words that citizens read.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { HOSTILE, trace } from './harness/hostile.mjs';
import { SOURCES, chooseCitizen, logIn, more, openOverview } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** Looks at the same page until it has shown all of the list: each look brings the next texts. */
const LOOKS = 8;

const orderAll = () => Promise.all(SOURCES.map((source) => here.demo.order(source, 'hostile-text')));

/** As a browser shows a text: what it does with spaces is not the matter here. */
const inOneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** Which of the list stand in a text. */
const found = (text) => HOSTILE.filter((hostile) => inOneLine(text).includes(inOneLine(hostile)));

for (const { script, named } of BROWSERS) {
  test(`r64 on the gateway's own page ${named}`, () =>
    here.visit({ script }, async ({ page }) => {
      await orderAll();
      await logIn(page, 'family-signe');
      const seen = new Set();
      for (let look = 0; look < LOOKS; look += 1) {
        await openOverview(page);
        const cards = await page.locator('.card').evaluateAll((all) => all.map(({ textContent }) => textContent));
        assert.ok(cards.length > 0, 'sources answered');
        for (const hostile of found(cards.join('\n'))) seen.add(hostile);
        assert.deepEqual(await page.evaluate(trace).then(({ ran }) => ran), false);
        const elements = await page.locator('.card').locator('script, img, svg:not(.icon), iframe, style, object, form, x, math').count();
        assert.equal(elements, 0, 'no element comes of a text');
      }
      assert.ok(seen.size > HOSTILE.length / 2, `letter by letter: ${seen.size} of ${HOSTILE.length}`);
    }));
}

for (const { script, named } of BROWSERS) {
  test(`r64 on the pages of a section and of an item ${named}`, () =>
    here.visit({ script }, async ({ page }) => {
      await logIn(page, 'overdue-laila');
      const item = await more(page, 'payments').first().getAttribute('href');
      await orderAll();
      for (const path of ['/sections/payments?fresh=1', item]) {
        let seen = 0;
        for (let look = 0; look < LOOKS / 2; look += 1) {
          await page.goto(path);
          seen += found(await page.locator('main').evaluate(({ textContent }) => textContent)).length;
          const { ran, named: markup } = await page.evaluate(trace);
          assert.deepEqual([ran, markup], [false, []], path);
        }
        assert.ok(seen > 3, `${path}: ${seen}`);
      }
    }));
}

describe('r64 on a portal\'s page', () => {
  for (const [path, cards] of [
    ['/fragments', (page) => page.locator('.ob-overview')],
    ['/component', (page) => page.locator('overblik-overview .content')],
    ['/component-by-token', (page) => page.locator('overblik-overview .content')],
    ['/frame', (page) => page.frameLocator('iframe').frameLocator('iframe:not([hidden])').locator('.ob-overview')],
  ]) {
    test(path, () =>
      here.visit({}, async ({ page }) => {
        await orderAll();
        await page.goto(`${here.demo.municipality}/login`);
        await chooseCitizen(page, 'family-signe');
        await page.getByRole('button', { name: 'Log ud' }).waitFor();
        await page.goto(`${here.demo.municipality}${path}`);
        await cards(page).locator('.card, .ob-card').first().waitFor();
        const text = await cards(page).first().evaluate((element) => element.textContent);
        assert.ok(found(text).length > 3, text);
        for (const frame of page.frames()) {
          const { ran } = await frame.evaluate(trace);
          assert.equal(ran, false);
        }
        assert.equal(await cards(page).locator('script, img, iframe, style, object, form, x, math, base').count(), 0);
      }));
  }
});
