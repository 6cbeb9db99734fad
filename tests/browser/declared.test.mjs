// The pages about the overview itself: what it asks and what is missing, and the accessibility statement.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { WORDS, completion, logIn, logOut } from './harness/pages.mjs';
import { BROWSERS, DESKTOP, PHONE, setting } from './harness/setting.mjs';

const here = setting();

const DECLARATION = { da: 'Hvad du kan se her, og hvad der mangler', en: 'What you can see here, and what is missing' };

async function audit(visitor, named) {
  for (const viewport of [DESKTOP, PHONE]) {
    await visitor.page.setViewportSize(viewport);
    await assertNoSidewaysScroll(visitor, `${named} at ${viewport.width} px`);
    await assertAccessible(visitor, `${named} at ${viewport.width} px`);
  }
}

for (const { script, named } of BROWSERS) {
  describe(`the declaration ${named}`, () => {
    test('a visitor comes to it from the foot of the front page, and reads about every source', () =>
      here.visit({ script }, async ({ page }) => {
        await page.goto('/');
        await page.locator('footer').getByRole('link', { name: 'Hvad du kan se her' }).click();
        assert.equal(await page.locator('h1').innerText(), DECLARATION.da);
        for (const source of ['daycare', 'payments', 'library']) {
          const text = await page.locator(`#source-${source}`).innerText();
          for (const word of ['Dækker', 'Kræver login på niveauet', 'Vises på grundlag af', 'Telefon', 'CVR-nummer']) {
            assert.ok(text.includes(word), `${source}: ${word}`);
          }
        }
        assert.equal(await page.getByRole('button', { name: WORDS.da.logOut }).count(), 0);
      }));

    test('a citizen reads which sources are not asked about them, and one step leads to each', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'elsewhere-frede');
        await page.locator('footer').getByRole('link', { name: 'Hvad du kan se her' }).click();
        await page.getByRole('heading', { name: 'Ikke vist for dig' }).waitFor();
        await page.locator('main').getByRole('link', { name: 'Bibliotek', exact: true }).click();
        assert.equal(new URL(page.url()).hash, '#source-library');
        assert.ok((await page.locator('#source-library').innerText()).includes(WORDS.da.notCovered));
      }));
  });
}

for (const [locale, language] of [['da-DK', 'da'], ['en-GB', 'en']]) {
  test(`the declaration for anybody and for a citizen is accessible (${language})`, () =>
    here.visit({ locale }, async (visitor) => {
      await visitor.page.goto('/declaration');
      assert.equal(await visitor.page.locator('h1').innerText(), DECLARATION[language]);
      await audit(visitor, 'declaration');
      await logIn(visitor.page, 'elsewhere-frede');
      await visitor.page.goto('/declaration');
      await audit(visitor, 'declaration for a citizen');
    }));

  test(`the accessibility statement is accessible (${language})`, () =>
    here.visit({ locale }, async (visitor) => {
      await visitor.page.goto('/was');
      await audit(visitor, 'accessibility statement');
    }));
}

const LOG = { da: 'Hvem er spurgt om dig', en: 'Who was asked about you' };
const ASKED = { da: 'Overblikket spurgte Birkerup Biblioteker om dig', en: 'The overview asked Birkerup Libraries about you' };

for (const [locale, language] of [['da-DK', 'da'], ['en-GB', 'en']]) {
  test(`a citizen comes to their log from the foot of the overview, and it is accessible (${language})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'family-signe');
      await completion(page).waitFor();
      await page.locator('footer').getByRole('link', { name: LOG[language] }).click();
      assert.equal(await page.locator('h1').innerText(), LOG[language]);
      // Entries are written beside the requests.
      const library = page.locator('.log li').filter({ hasText: ASKED[language] }).first();
      for (let tries = 0; (await library.count()) === 0 && tries < 40; tries += 1) {
        await page.waitForTimeout(100);
        await page.reload();
      }
      await library.locator('summary').click();
      assert.ok((await library.innerText()).includes('BIB-2026-003'));
      await audit(visitor, 'access log');
      await logOut(page);
      await page.goto('/access-log');
      assert.equal(await page.locator('.log').count(), 0, 'nothing of it is left after the logout');
    }));
}

test('the other language shows the same page at the same place', () =>
  here.visit({}, async ({ page }) => {
    await page.goto('/declaration');
    await page.locator('#source-library').scrollIntoViewIfNeeded();
    await page.mouse.wheel(0, 2000);
    await page.waitForFunction(() => scrollY > 0);
    await page.waitForTimeout(300);
    const place = await page.evaluate(() => {
      const sections = [...document.querySelectorAll('article')].map((one) => [one.id, one.getBoundingClientRect()]);
      return sections.find(([, { bottom, top }]) => bottom > 0 && top < innerHeight)[0];
    });
    await page.locator('.languages a[hreflang=en]').evaluate((link) => link.click());
    await page.locator('html[lang=en]').waitFor({ state: 'attached' });
    assert.equal(new URL(page.url()).pathname, '/declaration');
    assert.equal(new URL(page.url()).hash, `#${place}`);
    assert.ok(await page.locator(`#${place}`).evaluate((one) => one.getBoundingClientRect().top < innerHeight));
  }));
