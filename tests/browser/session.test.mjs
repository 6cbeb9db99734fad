// The end of a session: a citizen is warned in time and can stay, the tabs agree, and afterwards nothing is on the screen.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { WORDS, assertShowsNobody, beginLogin, chooseCitizen, complete, logIn, openOverview, warning } from './harness/pages.mjs';
import { BROWSERS, DESKTOP, PHONE, setting } from './harness/setting.mjs';

/** Seconds without activity after which a session ends here; half of them before, the citizen is warned. */
const IDLE_S = 20;

const ENDED = '**/auth/session-ended';
const remaining = (page) => page.evaluate(async () => (await (await fetch('/api/v1/session')).json()).idle_seconds_left);

/** The page that says why nothing is shown any more, and what to do on a computer that others use too. */
async function assertEnded(page) {
  await page.waitForURL(ENDED, { timeout: (IDLE_S + 10) * 1000 });
  assert.ok((await page.getByRole('status').innerText()).includes(WORDS.da.sessionEnded));
  assert.ok((await page.locator('main').innerText()).includes('Luk alle vinduer i browseren'));
  await assertShowsNobody(page);
}

describe('a session that ends when nothing is done', () => {
  const here = setting({ settings: { 'session.idle_s': IDLE_S } });

  test('the warning takes the focus, says what will happen, and gives the focus back to who stays', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      const link = page.locator('#section-library .about summary');
      await link.focus();
      await warning(page).waitFor();
      const dialog = page.getByRole('alertdialog', { name: WORDS.da.endsSoon });
      assert.ok(await dialog.isVisible(), 'it has its name');
      const described = await dialog.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby')).innerText);
      assert.match(described, /Af hensyn til din sikkerhed/);
      assert.doesNotMatch(described, /så længe, som man kan/, 'the other reason is not read out');
      const stay = dialog.getByRole('button', { name: WORDS.da.stay });
      const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);
      assert.ok(await hasFocus(stay), 'the focus is on the way to stay');
      assert.ok((await page.title()).includes(WORDS.da.endsSoon), 'the tab says so too');
      // What is behind is out of reach.
      for (let stop = 0; stop < 4; stop += 1) {
        await page.keyboard.press('Tab');
        const outside = await page.evaluate(() => document.activeElement !== document.body && !document.activeElement.closest('dialog'));
        assert.equal(outside, false, 'the keyboard stays in the dialog');
      }
      await stay.focus();
      await page.keyboard.press('Enter');
      await dialog.waitFor({ state: 'hidden' });
      assert.ok(await hasFocus(link), 'the focus is back where it was');
      assert.ok((await page.title()).includes(WORDS.da.overview));
      assert.ok((await remaining(page)) > IDLE_S / 2, 'the idle time started again');
      assert.equal(await page.locator('html').evaluate((html) => html.hidden), false);
    }));

  test('escape is an answer as well: whoever presses it is there', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await warning(page).waitFor();
      await page.keyboard.press('Escape');
      await warning(page).waitFor({ state: 'hidden' });
      assert.ok((await remaining(page)) > IDLE_S / 2);
    }));

  test('the countdown is seen every second and heard a few times', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await page.evaluate(() => {
        window.heard = [];
        window.seen = [];
        const note = (into, selector) =>
          new MutationObserver(() => {
            const words = document.querySelector(selector).textContent;
            if (words) into.push(words);
          }).observe(document.querySelector(selector), { childList: true, characterData: true, subtree: true });
        note(window.heard, '[data-said]');
        note(window.seen, '[data-time-left]');
      });
      await warning(page).waitFor();
      await page.waitForFunction(() => window.seen.length >= 6);
      const { heard, seen } = await page.evaluate(() => ({ heard: window.heard, seen: window.seen }));
      assert.match(seen[0], /^0:\d\d$/);
      assert.equal(heard.length, 1, heard.join());
      assert.match(heard[0], /^Du bliver logget ud om \d+ sekunder\.$/);
      assert.equal(await page.locator('.time-left').getAttribute('aria-hidden'), 'true');
      assert.equal(await page.locator('[data-said]').getAttribute('role'), 'status');
    }));

  test('without the gateway nobody is told that they stay, and at the end nothing is shown', () =>
    here.visit({}, async ({ context, page, guard }) => {
      await logIn(page, 'family-signe');
      await warning(page).waitFor();
      await guard.apartFrom(async () => {
        await context.setOffline(true);
        await page.getByRole('button', { name: WORDS.da.stay }).click();
        await page.locator('[data-failed]').waitFor();
        assert.ok(await warning(page).isVisible());
        // The browser's own page about a missing connection takes its place.
        await page.waitForFunction(() => !document.querySelector('.card'), undefined, { timeout: IDLE_S * 1000 }).catch(() => {});
        await context.setOffline(false);
        await page.goto('/').catch(() => {});
        await page.getByRole('status').waitFor();
        await assertShowsNobody(page);
      });
    }));

  test('logging out from the warning ends on the page that says so', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await warning(page).waitFor();
      await warning(page).getByRole('button', { name: WORDS.da.logOut }).click();
      await page.waitForURL('**/auth/logged-out**');
      await page.getByRole('heading', { name: WORDS.da.loggedOut, exact: true }).waitFor();
      await assertShowsNobody(page);
    }));

  test('r21 r17 a page that nobody answers for takes itself away, and the back button brings nothing back', () =>
    here.visit({}, async ({ page, guard }) => {
      guard.expectStatus(401);
      await logIn(page, 'family-signe');
      await openOverview(page, '/?lang=da');
      await assertEnded(page);
      await page.goBack({ waitUntil: 'load' });
      await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
      await assertShowsNobody(page);
    }));

  test('a computer that slept past the end shows nothing of anybody when it wakes', () =>
    here.visit({}, async ({ context, page, guard }) => {
      guard.expectStatus(401);
      await logIn(page, 'family-signe');
      const devtools = await context.newCDPSession(page);
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      await new Promise((resolve) => setTimeout(resolve, (IDLE_S + 1) * 1000));
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      const woke = Date.now();
      await page.waitForURL(ENDED);
      assert.ok(Date.now() - woke < 3000, `it took ${Date.now() - woke} ms`);
      await assertEnded(page);
    }));

  test('several tabs agree: who stays in one stays in all', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const other = await context.newPage();
      await openOverview(other);
      await warning(other).waitFor();
      await warning(page).waitFor();
      await warning(page).getByRole('button', { name: WORDS.da.stay }).click();
      await warning(page).waitFor({ state: 'hidden' });
      await warning(other).waitFor({ state: 'hidden' });
    }));

  test('a page opened in one tab spares the others the warning', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const other = await context.newPage();
      for (let round = 0; round < 3; round += 1) {
        await other.goto('/declaration');
        await page.waitForTimeout((IDLE_S / 4) * 1000);
        assert.equal(await warning(page).isVisible(), false);
      }
    }));

  test('r17 logging out in one tab takes the others from the screen, and their history is empty of the citizen', () =>
    here.visit({}, async ({ context, page, guard }) => {
      guard.expectStatus(401);
      await logIn(page, 'family-signe');
      const other = await context.newPage();
      await openOverview(other);
      await other.goto('/declaration');
      await page.locator('.citizen').getByRole('button', { name: WORDS.da.logOut }).click();
      await other.waitForURL('**/auth/logged-out');
      await assertShowsNobody(other);
      await other.goBack({ waitUntil: 'load' });
      await other.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
      await assertShowsNobody(other);
    }));

  test('when somebody else logs in, no other tab goes on showing whoever was there before', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const other = await context.newPage();
      await other.goto('/auth/login');
      await other.waitForURL((url) => url.hostname === '127.0.0.1');
      await chooseCitizen(other, 'nothing-ingrid');
      await complete(other);
      await page.getByText('Ingrid').waitFor();
      await complete(page);
      assert.ok(!(await page.content()).includes('Signe'));
    }));

  for (const locale of ['da-DK', 'en-GB']) {
    test(`the warning and the page afterwards are accessible and fit every screen (${locale})`, () =>
      here.visit({ locale }, async (visitor) => {
        const { page, guard } = visitor;
        await logIn(page, 'family-signe');
        await warning(page).waitFor();
        for (const viewport of [DESKTOP, PHONE]) {
          await page.setViewportSize(viewport);
          await assertNoSidewaysScroll(visitor, 'warning');
          await assertAccessible(visitor, 'warning');
        }
        guard.expectStatus(401);
        await page.waitForURL(ENDED);
        for (const viewport of [DESKTOP, PHONE]) {
          await page.setViewportSize(viewport);
          await assertNoSidewaysScroll(visitor, 'page afterwards');
          await assertAccessible(visitor, 'page afterwards');
        }
      }));
  }

  test('without JavaScript the page says when it closes, and closes', () =>
    here.visit({ script: false }, async ({ page }) => {
      await logIn(page, 'family-signe');
      assert.match(await page.locator('.closes').innerText(), /^Siden lukker af sig selv kl\. \d\d:\d\d\./);
      await page.waitForURL(ENDED, { timeout: (IDLE_S + 10) * 1000 });
      await assertEnded(page);
    }));

  test('r21 without JavaScript a page that closes is no activity, and tells who stayed in another tab that they did', () =>
    here.visit({ script: false }, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const other = await context.newPage();
      await other.waitForTimeout((IDLE_S / 2) * 1000);
      await openOverview(other);
      await page.waitForURL(ENDED, { timeout: (IDLE_S + 10) * 1000 });
      assert.ok((await page.locator('h1').innerText()).includes(WORDS.da.stillLoggedIn));
      await assertShowsNobody(page);
      // It closes again by itself, when the other one's time is over too.
      await page.getByText(WORDS.da.sessionEnded).waitFor({ timeout: (IDLE_S + 10) * 1000 });
    }));
});

describe('a session that ends whatever is done', () => {
  const here = setting({ settings: { 'session.absolute_s': 24, 'session.idle_s': 24 } });

  test('the warning offers a new login and, once read, does not come back', () =>
    here.visit({}, async ({ page, guard }) => {
      guard.expectStatus(401);
      await beginLogin(page);
      await chooseCitizen(page, 'family-signe');
      await complete(page);
      await page.waitForTimeout(2000);
      await openOverview(page);
      await warning(page).waitFor();
      assert.equal(await warning(page).getByRole('button', { name: WORDS.da.stay }).count(), 0, 'nobody is offered what is impossible');
      const again = warning(page).getByRole('link', { name: WORDS.da.loginAgain });
      assert.equal(await again.getAttribute('href'), '/auth/login?return_to=/');
      await warning(page).getByRole('button', { name: WORDS.da.stayMeanwhile }).click();
      await page.waitForTimeout(2500);
      assert.equal(await warning(page).isVisible(), false);
      await page.waitForURL(ENDED);
      await assertShowsNobody(page);
    }));
});

for (const { script, named } of BROWSERS) {
  describe(`before and after ${named}`, () => {
    const here = setting();

    test('who logs in is told what to do on a computer that others use too', () =>
      here.visit({ script }, async ({ page }) => {
        await page.goto('/');
        const main = await page.locator('main').innerText();
        assert.ok(main.includes('Deler du computer med andre?') && main.includes('luk alle vinduer'), main);
      }));
  });
}
