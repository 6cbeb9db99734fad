// Everything by keyboard alone, and always visible where one is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { WORDS, complete, logIn, more, section } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** More stops than any page has. */
const MOST_STOPS = 120;

/** The element that has the focus: how it is marked, and whether it is on the screen. */
function focus(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
      html: element.outerHTML.slice(0, 160),
      outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      onScreen: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth && box.width > 1,
    };
  });
}

/** Tabs on to an element; wherever the focus comes on the way, it is seen. */
async function tabTo(page, target) {
  const goal = await target.elementHandle();
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const here = await focus(page);
    if (here === null) continue;
    assert.ok(here.outlined, `the focus is outlined: ${here.html}`);
    assert.ok(here.onScreen, `the focus is on the screen: ${here.html}`);
    if (await goal.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`not reached by Tab: ${await goal.evaluate((element) => element.outerHTML.slice(0, 160))}`);
}

for (const { script, named } of BROWSERS) {
  describe(`keyboard ${named}`, () => {
    test('from the landing page through login and overview to logout', () =>
      here.visit({ script }, async ({ page }) => {
        await page.goto('/');
        await tabTo(page, page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }));
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => url.hostname === '127.0.0.1');

        await tabTo(page, page.locator('input[value=substantial]'));
        await page.keyboard.press('ArrowDown');
        assert.ok(await page.locator('input[value=high]').isChecked(), 'arrows choose the level');
        await page.keyboard.press('ArrowUp');
        await tabTo(page, page.locator('button.person[value=twins-tove]'));
        await page.keyboard.press('Space');
        await complete(page);
        assert.equal(await page.locator('.citizen-name').innerText(), 'Tove Tvillingsen');

        await tabTo(page, page.getByRole('button', { name: WORDS.da.logOut }));
        await page.keyboard.press('Space');
        await page.getByRole('heading', { name: WORDS.da.loggedOut, exact: true }).waitFor();
        assert.equal(new URL(page.url()).pathname, '/auth/logged-out');
      }));

    test('the first stop skips to the content', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await page.reload();
        await complete(page);
        await tabTo(page, page.locator('a.skip'));
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        const isInside = await page.evaluate(() => document.querySelector('main').contains(document.activeElement));
        assert.ok(isInside, 'the next stop is in the content');
      }));

    test('every link, button and fold of the overview is a stop, in the order of the page', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await page.reload();
        await complete(page);
        const stops = await page.evaluate(() => [...document.querySelectorAll('a[href], button, summary')].filter((element) => element.checkVisibility()).length);
        const positions = [];
        for (let stop = 0; stop < stops; stop += 1) {
          await page.keyboard.press('Tab');
          const at = await focus(page);
          assert.ok(at?.outlined && at.onScreen, `stop ${stop} is seen: ${at?.html}`);
          positions.push(
            await page.evaluate(() => {
              const element = document.activeElement;
              return [...document.querySelectorAll('.top, .attention, #section-daycare, #section-payments, #section-library, .bottom')]
                .filter((part) => part.contains(element))
                .map((part) => part.id || part.className.split(' ')[0])
                .join();
            }),
          );
        }
        const parts = positions.filter((part, at) => part !== '' && part !== positions[at - 1]);
        assert.deepEqual(parts, ['top', 'attention', 'section-daycare', 'section-payments', 'section-library', 'bottom']);
      }));

    test('from an item of the overview to more about it, to its section, and back to where it stood', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await tabTo(page, more(page, 'payments').first());
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/sections\/payments\/items\/[\w-]+$/);
        for (const [step, path] of [[1, '/sections/payments'], [0, '/']]) {
          await tabTo(page, page.locator('.trail a').nth(step));
          await page.keyboard.press('Enter');
          await page.waitForURL((url) => url.pathname === path);
        }
        await complete(page);
        await page.keyboard.press('Tab');
        assert.ok(await section(page, 'payments').evaluate((own) => own.contains(document.activeElement)));
      }));

    test('wherever the focus comes on the page of an item, it is seen', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await more(page, 'payments').first().click();
        await page.locator('.trail').waitFor();
        await tabTo(page, page.locator('.bottom a').last());
      }));

    test('a fold opens and closes by keyboard', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'many-mogens');
        const fold = section(page, 'library').locator('details.more');
        const last = fold.locator('.card').last();
        assert.equal(await last.isVisible(), false);
        await tabTo(page, fold.locator('summary'));
        await page.keyboard.press('Enter');
        assert.equal(await last.isVisible(), true);
        await page.keyboard.press('Space');
        assert.equal(await last.isVisible(), false);
      }));
  });
}
