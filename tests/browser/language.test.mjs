// Danish and English, on every page that a citizen reads.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SOURCES, WORDS, chooseCitizen, complete, logIn, logOut, openOverview, section } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** Follows the language choice and waits for the page in that language. */
async function choose(page, language) {
  await page.locator(`.languages a[hreflang=${language}]`).click();
  await page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' });
}

for (const { script, named } of BROWSERS) {
  describe(`language ${named}`, () => {
    test('the overview turns English and Danish again, with the same content', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        const cards = await page.locator('.card').count();
        await choose(page, 'en');
        await complete(page);
        assert.equal(await page.locator('h1').innerText(), WORDS.en.overview);
        assert.equal(await page.locator('.languages [aria-current]').innerText(), 'English');
        assert.ok(await page.getByRole('button', { name: WORDS.en.logOut }).isVisible());
        assert.equal(await page.locator('.card').count(), cards);
        await choose(page, 'da');
        await complete(page);
        assert.equal(await page.locator('h1').innerText(), WORDS.da.overview);
        assert.equal(await page.locator('.languages [aria-current]').innerText(), 'Dansk');
        assert.equal(await page.locator('.card').count(), cards);
      }));

    test('the page for visitors turns English and Danish again', () =>
      here.visit({ script }, async ({ page }) => {
        await page.goto('/');
        await choose(page, 'en');
        await page.locator('main').getByRole('link', { name: WORDS.en.logIn, exact: true }).waitFor();
        await choose(page, 'da');
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
      }));

    test('a language that was chosen stays: through login, trying again, and logout', () =>
      here.visit({ script }, async ({ page }) => {
        await page.goto('/');
        await choose(page, 'en');
        await page.locator('main').getByRole('link', { name: WORDS.en.logIn, exact: true }).click();
        await chooseCitizen(page, 'family-signe');
        await complete(page);
        assert.equal(await page.locator('h1').innerText(), WORDS.en.overview);
        await here.demo.order('daycare', 'error');
        await openOverview(page);
        await here.demo.order('daycare', null);
        await section(page, 'daycare').getByRole('link', { name: /^Try again/ }).click();
        await section(page, 'daycare').locator('.card').first().waitFor();
        // Without a script the section comes on a page of its own.
        const title = script ? WORDS.en.overview : 'Daycare and waiting list';
        assert.equal(await page.locator('h1').innerText(), title);
        await logOut(page);
        await page.locator('main').getByRole('link', { name: WORDS.en.logIn, exact: true }).waitFor();
      }));

    test("a browser that prefers English gets English all the way, and keeps the authorities' own words marked Danish", () =>
      here.visit({ script, locale: 'en-GB' }, async ({ page }) => {
        await logIn(page, 'family-signe');
        assert.equal(await page.locator('h1').innerText(), WORDS.en.overview);
        assert.ok((await section(page, 'library').locator('bdi[lang=da]').count()) > 0);
      }));

    test('an empty and a broken source say so in English', () =>
      here.visit({ script, locale: 'en-GB' }, async ({ page }) => {
        await logIn(page, 'nothing-ingrid');
        await here.demo.order('library', 'error');
        await openOverview(page);
        for (const source of SOURCES) {
          const words = source === 'library' ? WORDS.en.unanswered : WORDS.en.nothing;
          assert.ok((await section(page, source).innerText()).includes(words), source);
        }
      }));
  });
}

test('the other language begins at the section that was being read', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await section(page, 'payments').evaluate((one) => one.scrollIntoView());
    await page.waitForFunction(() => scrollY > 0);
    await page.locator('.languages a[hreflang=en]').evaluate((link) => link.click());
    await page.locator('html[lang=en]').waitFor({ state: 'attached' });
    await complete(page);
    assert.equal(new URL(page.url()).hash, '#section-payments');
    assert.ok(await section(page, 'payments').evaluate((one) => Math.abs(one.getBoundingClientRect().top) < innerHeight / 2));
  }));
