// Logging out: nothing of the citizen is left in the browser, and the old cookie opens nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { collectDocuments } from './harness/documents.mjs';
import { SESSION_COOKIE, WORDS, assertShowsNobody, chooseCitizen, logIn, logOut, openOverview } from './harness/pages.mjs';
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

    test('r17 after logout the browser holds no cookie of ours: no session, no login begun beside it, nothing to replace', () =>
      here.visit({ script }, async ({ page, context, guard }) => {
        await logIn(page, 'family-signe');
        const other = await context.newPage();
        await other.goto('/auth/login');
        const before = (await context.cookies(here.demo.portal)).map(({ name }) => name.replace(/-login-.*/, '-login-'));
        const expected = ['__Host-Http-overblik', '__Host-overblik-login-', '__Host-overblik-replaced'];
        assert.deepEqual(before.sort(), expected, 'control: all of them are there before');
        await logOut(page);
        assert.deepEqual(await context.cookies(here.demo.portal), []);
        // The other tab's login finds nothing to finish, and says what to do.
        guard.expectStatus(400);
        await chooseCitizen(other, 'family-signe');
        await other.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
        assert.deepEqual(await context.cookies(here.demo.portal), []);
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

    test('r17 every page that the back button can reach after logout is empty of the citizen, as sent and as shown', () =>
      here.visit({ script }, async ({ page, context }) => {
        await logIn(page, 'family-signe');
        await openOverview(page, '/?lang=en');
        await openOverview(page, '/?lang=da');
        const documents = await collectDocuments(context, page);
        await logOut(page);
        for (const path of ['/?lang=da', '/?lang=en', '/']) {
          await page.goBack({ waitUntil: 'load' });
          assert.equal(page.url(), `${here.demo.portal}${path}`);
          // A page that was restored from memory asks anew; until it has, it shows nothing at all.
          assert.doesNotMatch(await page.locator('body').innerText(), /Signe|Eksempelsen|Traktoren/, path);
          await page.locator('main').getByRole('link', { name: /^Log i/ }).waitFor();
          await assertShowsNobody(page);
        }
        const ours = documents.filter(({ url }) => url.startsWith(here.demo.portal));
        assert.ok(ours.length >= 3, 'each was asked for anew');
        for (const { url, html } of ours) assert.ok(!html.includes('Signe'), url);
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

test('r17 after logout storage and cache are empty', () =>
  here.visit({}, async ({ guard, page }) => {
    await logIn(page, 'family-signe');
    await page.evaluate(async () => {
      localStorage.setItem('trace', 'x');
      sessionStorage.setItem('trace', 'x');
      await (await caches.open('trace')).put('/trace', new Response('x'));
      await new Promise((settle, fail) => {
        const opening = indexedDB.open('trace');
        opening.onsuccess = () => settle(opening.result.close());
        opening.onerror = () => fail(opening.error);
      });
    });
    assert.deepEqual(await guard.apartFrom(() => kept(page)), { local: 1, session: 1, caches: ['trace'], databases: ['trace'], pages: [] });
    await logOut(page);
    assert.deepEqual(await guard.apartFrom(() => kept(page)), { local: 0, session: 0, caches: [], databases: [], pages: [] });
  }));

/** What the browser keeps for our origin, and which of our pages and answers its cache could give again. */
const kept = (page) =>
  page.evaluate(async () => {
    const pages = [];
    for (const path of ['/', '/?lang=da', '/?lang=en', '/api/v1/overview', '/auth/logged-out']) {
      const cached = fetch(path, { cache: 'only-if-cached', mode: 'same-origin' });
      if (await cached.then((answer) => answer.ok, () => false)) pages.push(path);
    }
    return {
      local: localStorage.length,
      session: sessionStorage.length,
      caches: await caches.keys(),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      pages,
    };
  });
