// One section asked anew, and more about one item, on pages of their own: with and without a script, on both screens.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { logIn, section } from './harness/pages.mjs';
import { DESKTOP, PHONE, setting } from './harness/setting.mjs';

const here = setting();

const LOCALES = ['da-DK', 'en-GB'];

async function audit(visitor, named) {
  for (const viewport of [DESKTOP, PHONE]) {
    await visitor.page.setViewportSize(viewport);
    await assertNoSidewaysScroll(visitor, `${named} at ${viewport.width} px`);
    await assertAccessible(visitor, `${named} at ${viewport.width} px`);
    if (process.env.SCREENSHOTS) {
      const file = `${process.env.SCREENSHOTS}/${named.replaceAll(' ', '-')}-${viewport.width}.png`;
      await visitor.page.screenshot({ path: file, fullPage: true });
    }
  }
}

for (const locale of LOCALES) {
  test(`a section and an item are pages that everybody can use (${locale})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'family-signe');
      await section(page, 'payments').locator('a.more-about').first().click();
      await page.waitForURL(/\/sections\/payments\/items\/[\w-]+$/);
      assert.match(await page.locator('main').innerText(), /Søskenderabat/);
      await audit(visitor, `item ${locale}`);
      await page.locator('.trail a').nth(1).click();
      await page.waitForURL(/\/sections\/payments$/);
      await audit(visitor, `section ${locale}`);
      await page.locator('.trail a').first().click();
      await page.waitForURL(/\/#section-payments$/);
    }));
}

test('a section is asked anew in its place, keeps the focus, and says so', () =>
  here.visit({}, async (visitor) => {
    const { page } = visitor;
    await logIn(page, 'family-signe');
    const order = () => page.locator('#overview > article').evaluateAll((all) => all.length);
    const before = await order();
    await here.demo.order('payments', 'error');
    const link = section(page, 'payments').locator('a[data-refresh]');
    await link.focus();
    await page.keyboard.press('Enter');
    await section(page, 'payments').locator('.message').waitFor();
    assert.equal(await order(), before, 'it stands where it stood');
    assert.equal(new URL(page.url()).pathname, '/', 'and the page stays');
    assert.equal(await page.evaluate(() => document.activeElement?.dataset.refresh), 'payments');
    const said = () => page.locator('body > p[role=status]').textContent();
    assert.equal(await said(), 'Betalinger og gæld er opdateret');
    await here.demo.order('payments', null);
    await page.keyboard.press('Enter');
    await section(page, 'payments').locator('a.more-about').first().waitFor();
  }));

test('without a script the same link leads to the section asked anew', () =>
  here.visit({ script: false }, async (visitor) => {
    const { page } = visitor;
    await logIn(page, 'family-signe');
    await section(page, 'payments').locator('a[data-refresh]').click();
    await page.waitForURL(/\/sections\/payments\?fresh=1$/);
    assert.match(await page.locator('main').innerText(), /Daginstitution/);
  }));
