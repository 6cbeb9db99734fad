// Where a login may lead back to, tried out in the browser itself: what counts is not how we read an address but where
// Chromium goes (requirements R35 and R36).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { collectDocuments } from './harness/documents.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { SESSION_COOKIE, chooseCitizen, complete, logIn } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** A page of somebody else with the links that a citizen is lured by. */
let elsewhere;
before(async () => {
  elsewhere = await Elsewhere.open();
});
after(() => elsewhere?.close());

const EVIL = 'evil.example';

/** Return addresses that must be refused, as `return_to` holds them once its query was decoded. */
const REFUSED = [
  // Schemes.
  `https://${EVIL}`,
  `http://${EVIL}/`,
  `HTTPS://${EVIL}`,
  `https:${EVIL}`,
  `https:/${EVIL}`,
  `https:///${EVIL}`,
  `https:\\\\${EVIL}`,
  `hTTp:\\${EVIL}`,
  `wss://${EVIL}`,
  `ftp://${EVIL}`,
  `file:///etc/hostname`,
  `javascript:location='https://${EVIL}'`,
  `java\tscript:alert(1)`,
  `data:text/html,<h1>${EVIL}</h1>`,
  `blob:https://${EVIL}/x`,
  `about:blank`,
  `view-source:https://${EVIL}`,
  // Slashes of both kinds, and how browsers read them.
  `//${EVIL}`,
  `///${EVIL}`,
  `////${EVIL}`,
  `/\\${EVIL}`,
  `\\/${EVIL}`,
  `\\\\${EVIL}`,
  `/\\/${EVIL}`,
  `/\\\\${EVIL}`,
  `\\${EVIL}`,
  `//\\${EVIL}`,
  `//${EVIL}/?x=/`,
  `//${EVIL}#/`,
  `//;@${EVIL}`,
  `//[::1]/`,
  `//2130706433/`,
  // Slashes that hide.
  `/%2f${EVIL}`,
  `/%2F${EVIL}`,
  `/%2f%2f${EVIL}`,
  `/%5c${EVIL}`,
  `/%5C%5C${EVIL}`,
  `%2f%2f${EVIL}`,
  `/%252f${EVIL}`,
  `/%u002f${EVIL}`,
  `/%c0%af${EVIL}`,
  // What browsers leave out before they look: tabs and line breaks, blanks and controls at the ends.
  `/\t/${EVIL}`,
  `\t//${EVIL}`,
  `/\n/${EVIL}`,
  `/\r/${EVIL}`,
  `/\r\n/${EVIL}`,
  `\u0001//${EVIL}`,
  `\u0000//${EVIL}`,
  `/\u0000/${EVIL}`,
  `/\u000b/${EVIL}`,
  `/\u007f/${EVIL}`,
  ` //${EVIL}`,
  `/ /${EVIL}`,
  `/%09/${EVIL}`,
  `/%0a/${EVIL}`,
  `/%0d%0aLocation:%20https://${EVIL}`,
  // Segments of dots.
  `/.//${EVIL}`,
  `/..//${EVIL}`,
  `/./\\${EVIL}`,
  `/a/..//${EVIL}`,
  `/a/../../\\${EVIL}`,
  `/%2e//${EVIL}`,
  `/%2e%2e//${EVIL}`,
  `/.%2E//${EVIL}`,
  `/;/..//${EVIL}`,
  `.${EVIL}`,
  `.`,
  `..`,
  `../..//${EVIL}`,
  // Names before a host.
  `@${EVIL}`,
  `/@${EVIL}`,
  `:80@${EVIL}`,
  `//localhost@${EVIL}`,
  `//localhost:8080@${EVIL}/`,
  `https://localhost%40${EVIL}`,
  `.evil.example`,
  `:@${EVIL}`,
  // Letters that look like slashes and dots, or become them.
  `\uff0f\uff0f${EVIL}`,
  `/\uff0f${EVIL}`,
  `/\uff3c${EVIL}`,
  `\u2044\u2044${EVIL}`,
  `/\u2215${EVIL}`,
  `/\u29f8${EVIL}`,
  `//evil\u3002example`,
  `//evil\uff0eexample`,
  `//\u24d4vil.example`,
  `/\u2028/${EVIL}`,
  `/\u00a0/${EVIL}`,
  `\u200b//${EVIL}`,
  `\ufeff//${EVIL}`,
  // Pages of ours that are for no arrival, and forms of nothing.
  ``,
  `?lang=en`,
  `#x`,
  `/auth/logout`,
  `/auth/login?return_to=//${EVIL}`,
  `/auth/callback?state=x`,
  `/api/v1/overview`,
  `/nowhere`,
  `/index.html//${EVIL}`,
  `/"><script>location='https://${EVIL}'</script>`,
  `/'onmouseover='location=1`,
  `/0;url=https://${EVIL}`,
  `/,https://${EVIL}`,
];

/** Return addresses that are taken, hostile as they look, and the page of ours that each leads to. */
const TAKEN = {
  '/': '/',
  '/?lang=en': '/?lang=en',
  '/#fragment': '/#fragment', // a place on the page, where step-up leads back to
  '/#Not=a-place': '/',
  [`/#//${EVIL}`]: '/',
  [`/#https://${EVIL}`]: '/',
  [`/?next=https://${EVIL}`]: `/?next=https://${EVIL}`,
  [`/?//${EVIL}`]: `/?//${EVIL}`,
  [`/?@${EVIL}/`]: `/?@${EVIL}/`,
  '/?x=/../../': '/?x=/../../',
  [`/?x=%2f%2f${EVIL}`]: `/?x=%2f%2f${EVIL}`,
  [`/?x=%0d%0aLocation:%20https://${EVIL}`]: `/?x=%0d%0aLocation:%20https://${EVIL}`,
  [`/?x=0;url=https://${EVIL}`]: `/?x=0;url=https://${EVIL}`,
  [`/?"><meta/http-equiv=refresh/content=0;url=https://${EVIL}>`]: undefined,
  [`/?'><script>location='https://${EVIL}'</script>`]: undefined,
  [`/?x=&#x2f;&#x2f;${EVIL}&quot;`]: undefined,
  [`/?return_to=//${EVIL}&return_to=//${EVIL}`]: undefined,
};

/** `return_to` in a query that was not written by a form: more than one meaning, or none. */
const RAW = [
  `return_to=//${EVIL}`,
  `return_to=/\\${EVIL}`,
  `return_to=/%09/${EVIL}`,
  `return_to=%2f%2f${EVIL}`,
  `return_to=%252f%252f${EVIL}`,
  `return_to=/&return_to=//${EVIL}`,
  `return_to=//${EVIL}&return_to=/`,
  `%72eturn_to=//${EVIL}`,
  `return_to=https:${EVIL}`,
  `return_to=%ff%fe//${EVIL}`,
  `return_to=/%00`,
  `return_to=+//${EVIL}`,
];

/** Addresses of ours that somebody else may link to. */
const LURES = [
  `//${EVIL}`,
  `/\\${EVIL}`,
  `/%2f${EVIL}`,
  `/;//${EVIL}`,
  `/..//${EVIL}`,
  `/?//${EVIL}`,
  `/?x=https://${EVIL}`,
  `/?0;url=https://${EVIL}`,
  `/?';url=https://${EVIL}`,
  `/?"><meta/http-equiv=refresh/content=0;url=https://${EVIL}>`,
  `/?'><script>location='https://${EVIL}'</script>`,
  `/?%0d%0aLocation:https://${EVIL}`,
  `/?\u2028//${EVIL}`,
  `/auth/logged-out?//${EVIL}`,
  `/auth/logged-out?post_logout_redirect_uri=https://${EVIL}`,
  `/auth/callback?state=//${EVIL}`,
  `/auth/callback?state=x&redirect_uri=https://${EVIL}`,
  `/auth/callback?state=x&error=x&error_uri=https://${EVIL}`,
];

const written = (address) => `return_to=${encodeURIComponent(address)}`;

/** Nothing the tab asked for, document or not, was anybody's but ours and the identity provider's. */
function watchOrigins(context, allowed) {
  const strays = [];
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && !allowed().includes(origin)) strays.push(request.url());
  });
  context.on('page', (page) => strays.push(`a new window: ${page.url()}`));
  return strays;
}

/** Every document came from these origins, and none led to another. */
function assertStays(documents, origins, named) {
  for (const { url, location } of documents) {
    for (const where of [url, new URL(location ?? url, url).href]) {
      assert.ok(origins.includes(new URL(where).origin), `${named}: ${where}`);
    }
  }
}

/** The cookies that a login would leave. */
const loginCookies = async (context) =>
  (await context.cookies()).map(({ name }) => name).filter((name) => /overblik-login|overblik$/.test(name));

/** Where the portal sends a browser for a login. */
async function providerOrigin() {
  const context = await here.browser.newContext({ baseURL: here.demo.portal });
  const page = await context.newPage();
  await page.goto('/auth/login');
  const { origin } = new URL(page.url());
  await context.close();
  return origin;
}

/** A link on somebody else's page, as they would write it. */
const lure = (path) => {
  const href = `${here.demo.portal}${path}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return elsewhere.page('127.0.0.1', { body: `<a href="${href}">go</a>` });
};

test(`r35 r36 ${REFUSED.length + RAW.length} hostile return addresses are refused, lead nowhere, and leave no login behind`, () =>
  here.visit({}, async ({ context, guard, page }) => {
    guard.expectStatus(400);
    const strays = watchOrigins(context, () => [here.demo.portal, elsewhere.origin('127.0.0.1')]);
    const documents = await collectDocuments(context, page);
    for (const query of [...REFUSED.map(written), ...RAW]) {
      await page.goto(lure(`/auth/login?${query}`));
      documents.length = 0;
      await page.getByRole('link').click();
      await page.getByText('bad-parameter').waitFor();
      assert.deepEqual(documents.map(({ status }) => status), [400], query);
      assert.equal(new URL(page.url()).origin, here.demo.portal, query);
      assert.deepEqual(await loginCookies(context), [], query);
    }
    assert.deepEqual(strays, []);
  }));

test('r35 control: a tab that does leave for another site is noticed', async () => {
  const context = await here.browser.newContext();
  const page = await context.newPage();
  const strays = watchOrigins(context, () => [elsewhere.origin('127.0.0.1')]);
  await page.goto(elsewhere.page('127.0.0.1', { body: `<a href="//${EVIL}/x">go</a>` }));
  const left = context.waitForEvent('requestfailed');
  await page.getByRole('link').click();
  await left;
  assert.deepEqual(strays, [`http://${EVIL}/x`]);
  await context.close();
});

for (const { script, named } of BROWSERS) {
  describe(`return addresses ${named}`, () => {
    test(`r35 ${Object.keys(TAKEN).length} return addresses that are taken lead to a page of ours, by way of the provider alone`, () =>
      here.visit({ script }, async ({ context, page }) => {
        const origins = [here.demo.portal, await providerOrigin()];
        const strays = watchOrigins(context, () => origins);
        const documents = await collectDocuments(context, page);
        for (const [address, expected] of Object.entries(TAKEN)) {
          documents.length = 0;
          await page.goto(`${here.demo.portal}/auth/login?${written(address)}`);
          assert.ok((await loginCookies(context)).length > 0, 'control: a login that is begun leaves a cookie');
          await chooseCitizen(page, 'family-signe');
          await complete(page);
          const reached = new URL(page.url());
          assert.deepEqual([reached.origin, reached.pathname], [here.demo.portal, '/'], address);
          if (expected !== undefined) assert.equal(reached.href, `${here.demo.portal}${expected}`, address);
          assertStays(documents, origins, address);
          assert.deepEqual(await loginCookies(context), [SESSION_COOKIE], `${address}: the attempt is used up`);
        }
        assert.deepEqual(strays, []);
      }));

    for (const [who, isLoggedIn] of [
      ['a stranger', false],
      ['somebody logged in', true],
    ]) {
      test(`r35 a link from another site to a hostile address of ours keeps ${who} with us`, () =>
        here.visit({ script }, async ({ context, guard, page }) => {
          for (const status of [400, 404]) guard.expectStatus(status);
          if (isLoggedIn) await logIn(page, 'family-signe');
          const strays = watchOrigins(context, () => [here.demo.portal, elsewhere.origin('127.0.0.1')]);
          const documents = await collectDocuments(context, page);
          for (const path of LURES) {
            await page.goto(lure(path));
            documents.length = 0;
            await page.getByRole('link').click();
            await page.locator('main').getByRole('link').first().waitFor();
            await page.waitForTimeout(150);
            assert.ok(documents.length > 0 && documents.length <= 3, `${path}: ${documents.map(({ url }) => url)}`);
            assertStays(documents, [here.demo.portal], path);
            assert.equal(new URL(page.url()).origin, here.demo.portal, path);
          }
          assert.deepEqual(strays, []);
        }));
    }
  });
}
