// Logging out: nothing of the citizen is left in the browser, and the old cookie opens nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SESSION_COOKIE, WORDS, logIn, logOut, openOverview } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

const sessionCookie = async (context) => (await context.cookies()).find((cookie) => cookie.name === SESSION_COOKIE);

/** What the API answers to whoever holds this cookie. */
async function statusWith(cookie) {
  const answer = await fetch(`${here.demo.portal}/api/v1/overview`, {
    headers: { 'x-overblik-csrf': '1', cookie: `${SESSION_COOKIE}=${cookie.value}` },
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Nothing in the page, seen or unseen, is about the citizen. */
async function assertShowsNobody(page) {
  const html = await page.content();
  for (const trace of ['Signe', 'Eksempelsen', 'class="card"', 'id="section-']) {
    assert.ok(!html.includes(trace), `${page.url()} holds ${trace}`);
  }
}

for (const { script, named } of BROWSERS) {
  describe(`logout ${named}`, () => {
    test('logging out ends on a page that says so, and takes the session with it', () =>
      here.visit({ script }, async ({ page, context }) => {
        await logIn(page, 'family-signe');
        const cookie = await sessionCookie(context);
        assert.deepEqual(
          { secure: cookie.secure, httpOnly: cookie.httpOnly, sameSite: cookie.sameSite, path: cookie.path, expires: cookie.expires },
          { secure: true, httpOnly: true, sameSite: 'Strict', path: '/', expires: -1 },
        );
        assert.equal(await statusWith(cookie), 200, 'the cookie opens the overview before');
        await logOut(page);
        assert.ok((await page.getByRole('status').innerText()).includes(WORDS.da.loggedOut));
        await assertShowsNobody(page);
        assert.equal(await sessionCookie(context), undefined, 'the cookie is gone');
        assert.equal(await statusWith(cookie), 401, 'the cookie opens nothing after');
      }));

    test('the back button after logout shows no data', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await openOverview(page);
        await logOut(page);
        await page.goBack({ waitUntil: 'load' });
        assert.equal(new URL(page.url()).href, `${here.demo.portal}/`, 'the browser went back to the overview');
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
        await assertShowsNobody(page);
      }));

    test('an old cookie that is put back is refused with an explanation, and taken away', () =>
      here.visit({ script }, async ({ page, context }) => {
        await logIn(page, 'family-signe');
        const cookie = await sessionCookie(context);
        await logOut(page);
        await context.addCookies([cookie]);
        assert.equal((await sessionCookie(context))?.value, cookie.value, 'the browser holds the old cookie');
        await page.goto('/');
        assert.ok((await page.getByRole('status').innerText()).includes(WORDS.da.sessionEnded));
        await assertShowsNobody(page);
        assert.equal(await sessionCookie(context), undefined);
      }));

    test('logging out in one tab leaves nothing to see in the other', () =>
      here.visit({ script }, async ({ page, context }) => {
        await logIn(page, 'family-signe');
        const other = await context.newPage();
        await openOverview(other);
        await logOut(page);
        await other.reload();
        await assertShowsNobody(other);
      }));
  });
}
