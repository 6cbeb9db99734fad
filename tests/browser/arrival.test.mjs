// Arriving by a link from another site. A strict cookie is not sent along then, and still nobody who is logged in may
// ever be told that they are not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { collectDocuments } from './harness/documents.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { SESSION_COOKIE, WORDS, assertAnswered, chooseCitizen, complete, logIn } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** Somebody else's pages, at an address whose site is not the portal's. */
let server;
before(async () => {
  server = await Elsewhere.open();
});
after(() => server?.close());

const elsewhere = (body) => server.page('127.0.0.1', { body });
const linkTo = (path) => elsewhere(`<p><a href="${here.demo.portal}${path}">overview</a></p>`);

/** The moves among our own pages, as `status path`, without what is different every time. */
const moves = (documents) =>
  documents
    .filter(({ url }) => url.startsWith(here.demo.portal))
    .map(({ url, status }) => `${status} ${url.slice(here.demo.portal.length).replace(/^(\/auth\/\w+)\?.*/, '$1')}`);

/** None of these documents of ours, as it was sent, tells anybody that they are not logged in. */
function assertNeverStrangers(documents) {
  const ours = documents.filter(({ url }) => url.startsWith(here.demo.portal));
  assert.ok(ours.length > 0);
  for (const { url, html: sent } of ours) {
    // The warning before a session ends stays closed until then; it offers a login afterwards.
    const html = sent.replace(/<dialog id="session-warning"[^]*?<\/dialog>/, '');
    assert.ok(!html.includes('href="/auth/login?return_to=/"'), `${url} offers no login`);
    for (const words of [WORDS.da.loggedOut, WORDS.da.sessionEnded, 'ikke logget ind']) {
      assert.ok(!html.includes(words), `${url} says "${words}"`);
    }
  }
}

/** Whoever is logged in arrives by these moves alone, and no more follow. */
async function assertArrives(context, page, follow, expected) {
  const documents = await collectDocuments(context, page);
  await follow();
  await complete(page);
  assert.equal(await page.locator('h1').innerText(), WORDS.da.overview);
  assert.equal(await page.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
  await assertAnswered(page, 'library');
  assertNeverStrangers(documents);
  const moved = moves(documents);
  assert.deepEqual(moved, expected);
  // What would move on from here by itself does so at once: a loop would show.
  await page.waitForTimeout(300);
  assert.deepEqual(moves(documents), moved);
}

const DIRECT = ['200 /'];
const BY_ONE_HOP = ['200 /', '200 /'];
/** Away to the provider, back, and on by our own page: the cookie comes along from there. */
const LOGIN = ['303 /auth/login', '200 /auth/callback', '200 /'];

for (const { script, named } of BROWSERS) {
  describe(`arrival ${named}`, () => {
    test('r18 a link on the control page leads somebody logged in straight to the overview', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        await page.goto(here.demo.control);
        const follow = () => page.locator(`a[href="${here.demo.portal}"]`).click();
        await assertArrives(context, page, follow, BY_ONE_HOP);
      }));

    test("r18 a link on somebody else's page leads somebody logged in straight to the overview, more than once", () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        for (let time = 0; time < 2; time += 1) {
          await page.goto(linkTo('/'));
          await assertArrives(context, page, () => page.getByRole('link').click(), BY_ONE_HOP);
        }
      }));

    test('r18 a login from the front page arrives in as few moves as there can be, and says nothing else on the way', () =>
      here.visit({ script }, async ({ context, page }) => {
        await page.goto('/');
        const follow = async () => {
          await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).click();
          await chooseCitizen(page, 'family-signe');
        };
        await assertArrives(context, page, follow, LOGIN);
      }));

    test('r18 a login that a link on another site begins arrives too, with its language', () =>
      here.visit({ script }, async ({ context, page }) => {
        await page.goto(linkTo('/auth/login?return_to=%2F%3Flang%3Dda'));
        const follow = async () => {
          await page.getByRole('link').click();
          await chooseCitizen(page, 'family-signe');
        };
        await assertArrives(context, page, follow, [...LOGIN.slice(0, 2), '200 /?lang=da']);
      }));

    test('r18 a second login arrives though the browser already has a session, and so does a reload of where it ended', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        await page.goto(linkTo('/auth/login'));
        const follow = async () => {
          await page.getByRole('link').click();
          await chooseCitizen(page, 'family-signe');
        };
        await assertArrives(context, page, follow, LOGIN);
        await assertArrives(context, page, () => page.reload(), DIRECT);
      }));

    test('r18 every other way from another site arrives as well: redirects, forms, refreshes, new windows', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        const portal = here.demo.portal;
        const onward = server.page('127.0.0.1', { location: `${portal}/` });
        const ways = {
          'a redirect': [server.page('127.0.0.1', { location: onward }), undefined],
          'a link to a redirect': [elsewhere(`<a href="${onward}">go</a>`), 'link'],
          'a form that reads': [elsewhere(`<form action="${portal}/"><button>go</button></form>`), 'button'],
          'a refresh': [elsewhere(`<meta http-equiv="refresh" content="0;url=${portal}/">`), undefined],
          'a page that hides where it is': [elsewhere(`<meta name="referrer" content="no-referrer"><a href="${portal}/">go</a>`), 'link'],
        };
        for (const [way, [address, role]] of Object.entries(ways)) {
          const documents = await collectDocuments(context, page);
          await page.goto(address, { waitUntil: 'commit' });
          if (role) await page.getByRole(role).click();
          await complete(page);
          assert.equal(await page.locator('.citizen-name').innerText(), 'Signe Eksempelsen', way);
          assertNeverStrangers(documents);
          // A tab that was told an address goes there of its own accord, also where that redirects.
          const moved = moves(documents).map((move) => move.replace('/?', '/'));
          assert.ok(['200 /', '200 /,200 /'].includes(moved.join()), `${way}: ${moved}`);
        }
        await page.goto(elsewhere(`<a target="_blank" href="${portal}/">go</a>`));
        const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('link').click()]);
        await complete(opened);
        assert.equal(await opened.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
      }));

    test('r18 a link from another site with a cookie that opens nothing any more leads to the landing page, without a loop', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        const [cookie] = (await context.cookies()).filter(({ name }) => name === SESSION_COOKIE);
        await context.addCookies([{ ...cookie, value: cookie.value.split('').reverse().join('') }]);
        await page.goto(linkTo('/'));
        const documents = await collectDocuments(context, page);
        await page.getByRole('link').click();
        await page.getByRole('status').waitFor();
        assert.ok((await page.getByRole('status').innerText()).includes(WORDS.da.sessionEnded));
        await page.waitForTimeout(300);
        assert.deepEqual(moves(documents), BY_ONE_HOP);
      }));

    test('r18 a link from another site keeps the language that it asks for', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        await page.goto(linkTo('/?lang=en'));
        await page.getByRole('link').click();
        await complete(page);
        assert.equal(await page.locator('h1').innerText(), WORDS.en.overview);
      }));

    test('r18 somebody not logged in who follows a link from another site meets the landing page, never "logged in"', () =>
      here.visit({ script }, async ({ context, page }) => {
        const documents = await collectDocuments(context, page);
        await page.goto(linkTo('/'));
        await page.getByRole('link').click();
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
        assert.deepEqual(moves(documents), BY_ONE_HOP);
        for (const { html } of documents) assert.doesNotMatch(html, /er logget ind/);
      }));
  });
}
