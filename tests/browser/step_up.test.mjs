// A source that needs a higher login than the citizen has. The demo's own authorities are all content with the usual
// level, so one of their contracts is made stricter here.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { CONTRACTS } from './harness/demo.mjs';
import { WORDS, assertAnswered, assertDirectLink, complete, logIn, section } from './harness/pages.mjs';
import { BROWSERS, DESKTOP, PHONE, setting } from './harness/setting.mjs';

const contracts = mkdtempSync(join(tmpdir(), 'overblik-contracts-'));
cpSync(CONTRACTS, contracts, { recursive: true });
const manifest = join(contracts, 'public-payments', 'payments', 'connector.yaml');
const usual = readFileSync(manifest, 'utf8');
const strict = usual.replace(/^( +level:) substantial$/m, '$1 high');
assert.notEqual(strict, usual, 'the contract names its level');
writeFileSync(manifest, strict);

const here = setting({ contracts });
after(() => rmSync(contracts, { recursive: true }));

for (const { script, named } of BROWSERS) {
  describe(`step-up ${named}`, () => {
    test('a source above the level of the login shows no data but a way up, and the way leads to the data', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await assertAnswered(page, 'library');
        const payments = section(page, 'payments');
        assert.equal(await payments.locator('.card').count(), 0);
        assert.ok(!(await payments.innerText()).includes(WORDS.da.nothing));
        await assertDirectLink(page, 'payments');
        await payments.getByRole('link', { name: WORDS.da.stepUp }).click();
        await page.waitForURL((url) => url.hostname === '127.0.0.1');
        assert.ok(await page.locator('input[value=high]').isChecked(), 'the provider is asked for the high level');
        await page.locator('button.person[value=family-signe]').click();
        await complete(page);
        await assertAnswered(page, 'payments');
        // And to the same place: the section is in sight, and the next stop of the keyboard is in it.
        assert.equal(new URL(page.url()).hash, '#section-payments');
        const box = await payments.boundingBox();
        assert.ok(box.y >= 0 && box.y < DESKTOP.height / 2, `the section begins at ${box.y}`);
        await page.keyboard.press('Tab');
        assert.ok(await payments.evaluate((section) => section.contains(document.activeElement)));
      }));
  });
}

test('the page of a section leads up, and back to itself', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await page.goto('/sections/payments');
    assert.equal(await page.locator('.card').count(), 0);
    await page.locator('main').getByRole('link', { name: WORDS.da.stepUp }).click();
    await page.locator('button.person[value=family-signe]').click();
    await page.waitForURL((url) => url.pathname === '/sections/payments');
    await assertAnswered(page, 'payments');
  }));

test('the declaration says that a source needs a higher login, and offers it', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await page.goto('/declaration');
    await page.locator('main').getByRole('link', { name: WORDS.da.stepUp }).click();
    await page.locator('button.person[value=family-signe]').click();
    await complete(page);
    assert.equal(new URL(page.url()).hash, '#section-payments');
    await assertAnswered(page, 'payments');
  }));

for (const locale of ['da-DK', 'en-GB']) {
  test(`the overview with a way up is accessible and fits a telephone (${locale})`, () =>
    here.visit({ locale, viewport: PHONE }, async (visitor) => {
      await logIn(visitor.page, 'family-signe');
      await assertNoSidewaysScroll(visitor, 'step-up');
      await assertAccessible(visitor, 'step-up');
      await visitor.page.goto('/sections/payments');
      await assertNoSidewaysScroll(visitor, 'step-up on the page of a section');
      await assertAccessible(visitor, 'step-up on the page of a section');
    }));
}
