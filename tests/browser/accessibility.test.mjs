// Every page, in every language it has, on a desk and on a telephone: axe-core finds nothing, nothing scrolls sideways.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { SOURCES, beginLogin, complete, completion, logIn, logOut, more, section, skeleton } from './harness/pages.mjs';
import { BROWSERS, DESKTOP, PHONE, setting } from './harness/setting.mjs';

const here = setting();

const LANGUAGES = [
  { locale: 'da-DK', tag: 'da' },
  { locale: 'en-GB', tag: 'en' },
];

/** Holds the page as it stands to both rules, on both screens. */
async function audit(visitor, named) {
  for (const viewport of [DESKTOP, PHONE]) {
    await visitor.page.setViewportSize(viewport);
    await assertNoSidewaysScroll(visitor, `${named} at ${viewport.width} px`);
    await assertAccessible(visitor, `${named} at ${viewport.width} px`);
  }
}

/** Overviews that differ in what they must show. */
const OVERVIEWS = [
  { named: 'full overview', citizen: 'family-signe' },
  { named: 'overview with everything overdue', citizen: 'overdue-laila' },
  { named: 'overview with debt sent to collection', citizen: 'debt-gert' },
  { named: 'overview with a long folded list', citizen: 'many-mogens' },
  { named: 'empty overview', citizen: 'nothing-ingrid' },
  { named: 'overview of a municipality that has not joined', citizen: 'elsewhere-frede' },
  { named: 'partial overview', citizen: 'undated-dagny' },
  { named: 'overview with failed sources', citizen: 'family-signe', faults: { library: 'error', payments: 'bad-json' } },
  { named: 'overview with a source cut off', citizen: 'family-signe', faults: { library: 'wrong-person' }, twice: true },
];

for (const { locale, tag } of LANGUAGES) {
  for (const { named, citizen, faults = {}, twice = false } of OVERVIEWS) {
    test(`${named} (${tag})`, () =>
      here.visit({ locale }, async (visitor) => {
        const { page } = visitor;
        for (const [target, fault] of Object.entries(faults)) await here.demo.order(target, fault);
        await logIn(page, citizen);
        if (twice) {
          await page.reload();
          await complete(page);
        }
        await audit(visitor, named);
      }));
  }

  test(`overview that waits for its slowest source (${tag})`, () =>
    here.visit({ locale, viewport: PHONE }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'family-signe');
      // One byte every 200 ms: the source is given up after three seconds. The page is looked at before.
      for (const source of SOURCES) await here.demo.order(source, 'drip');
      await page.goto('/', { waitUntil: 'commit' });
      await skeleton(page, 'library').waitFor();
      await assertNoSidewaysScroll(visitor, 'skeleton');
      await assertAccessible(visitor, 'skeleton');
    }));

  for (const { named, fault } of [
    { named: 'that answered' },
    { named: 'that failed', fault: 'error' },
    { named: 'that is cut off', fault: 'wrong-person' },
  ]) {
    test(`pages of a section and of an item, of a source ${named} (${tag})`, () =>
      here.visit({ locale }, async (visitor) => {
        const { page } = visitor;
        await logIn(page, 'family-signe');
        const item = await more(page, 'payments').first().getAttribute('href');
        if (fault) await here.demo.order('payments', fault);
        for (const path of ['/sections/payments?fresh=1', item]) {
          await page.goto(path);
          const answered = (await page.locator('main .card').count()) > 0;
          assert.equal(answered, fault === undefined, path);
          await audit(visitor, `${path === item ? 'item' : 'section'} ${named} ${tag}`);
        }
      }));
  }

  test(`page of an item that nobody has (${tag})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page, guard } = visitor;
      await logIn(page, 'family-signe');
      guard.expectStatus(404);
      await page.goto('/sections/payments/items/AAAA');
      await audit(visitor, 'item not found');
    }));

  test(`landing page (${tag})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page } = visitor;
      await page.goto('/');
      await audit(visitor, 'landing page');
    }));

  test(`page after logout (${tag})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'family-signe');
      await logOut(page);
      await audit(visitor, 'page after logout');
    }));

  test(`error page (${tag})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page, guard } = visitor;
      guard.expectStatus(404);
      await page.goto('/no-such-page');
      await audit(visitor, 'error page');
    }));

  test(`page of a login that cannot be used (${tag})`, () =>
    here.visit({ locale }, async (visitor) => {
      const { page, guard } = visitor;
      guard.expectStatus(403);
      await beginLogin(page);
      await page.locator('button[name=cancel]').click();
      await page.waitForURL('**/auth/callback?**');
      await audit(visitor, 'error page with login');
    }));
}

test("the provider's login page", () =>
  here.visit({}, async (visitor) => {
    const { page } = visitor;
    await beginLogin(page);
    await audit(visitor, 'login page');
  }));

test('the control page, with faults ordered', () =>
  here.visit({}, async (visitor) => {
    const { page } = visitor;
    await here.demo.order('library', 'stall');
    await page.goto(here.demo.control);
    await audit(visitor, 'control page');
  }));

for (const { script, named } of BROWSERS) {
  test(`nothing scrolls sideways on a telephone ${named}, all folds open`, () =>
    here.visit({ script, viewport: PHONE }, async (visitor) => {
      const { page } = visitor;
      await logIn(page, 'letters-aase');
      await completion(page).waitFor();
      await assertNoSidewaysScroll(visitor, 'overview');
      for (const source of SOURCES) await section(page, source).locator('summary').first().click();
      await assertNoSidewaysScroll(visitor, 'overview, folds open');
    }));
}
