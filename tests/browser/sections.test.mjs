// One section asked anew, and more about one item, on pages of their own: with and without a script.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { CONTRACTS } from './harness/demo.mjs';
import { logIn, more, section } from './harness/pages.mjs';
import { DESKTOP, PHONE, setting } from './harness/setting.mjs';

// A contract that asks about its items where the authority has none: each is one that is no longer there.
const contracts = mkdtempSync(join(tmpdir(), 'overblik-contracts-'));
cpSync(CONTRACTS, contracts, { recursive: true });
const manifest = join(contracts, 'public-payments', 'payments', 'connector.yaml');
const usual = readFileSync(manifest, 'utf8');
const nowhere = usual.replace(/betaling\/\{item\.key\}/, 'ingenting/{item.key}');
assert.notEqual(nowhere, usual, 'the contract asks about items');
writeFileSync(manifest, nowhere);

const here = setting({ contracts });
after(() => rmSync(contracts, { recursive: true }));

for (const [locale, words] of [['da-DK', 'har ikke mere at vise om dette'], ['en-GB', 'nothing more to show about this']]) {
  test(`an item that is no longer there is said to be so (${locale})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'family-signe');
      await more(page, 'payments').first().click();
      await page.locator('.trail').waitFor();
      assert.ok((await page.locator('main').innerText()).includes(words));
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport);
        await assertNoSidewaysScroll(visitor, 'item that is gone');
        await assertAccessible(visitor, 'item that is gone');
      }
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
