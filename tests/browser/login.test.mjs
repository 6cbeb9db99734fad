// Logging in: what a citizen sees when it works, and when it cannot.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  SESSION_COOKIE,
  SOURCES,
  WORDS,
  assertAnswered,
  assertDirectLink,
  attention,
  beginLogin,
  chooseCitizen,
  complete,
  completion,
  logIn,
  section,
} from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

async function hasSession(context) {
  return (await context.cookies()).some((cookie) => cookie.name === SESSION_COOKIE);
}

const session = async (context) => (await context.cookies()).find(({ name }) => name === SESSION_COOKIE)?.value;

/** What the API answers to whoever holds this cookie. */
async function statusWith(value) {
  const headers = { 'x-overblik-csrf': '1', cookie: `${SESSION_COOKIE}=${value}` };
  const answer = await fetch(`${here.demo.portal}/api/v1/overview`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

async function assertRefused(page, context, title) {
  await page.waitForURL('**/auth/callback?**');
  assert.equal(await page.locator('h1').innerText(), title);
  assert.ok(await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).isVisible());
  assert.equal(await hasSession(context), false, 'a refused login gives no session');
}

for (const { script, named } of BROWSERS) {
  describe(`login ${named}`, () => {
    test('a citizen logs in and sees every source in its theme, with attention on top', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        assert.equal(new URL(page.url()).href, `${here.demo.portal}/`);
        assert.equal(await page.locator('h1').innerText(), WORDS.da.overview);
        assert.equal(await page.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
        for (const source of SOURCES) await assertAnswered(page, source);
        const themes = await page.locator('h2.theme-title').allInnerTexts();
        assert.deepEqual(themes, ['Børn og familie', 'Økonomi', 'Kultur og fritid']);
        assert.ok((await attention(page).locator('.entry').count()) > 0, 'something needs attention');
      }));

    test('a citizen without anything reads that each authority has registered nothing', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'nothing-ingrid');
        for (const source of SOURCES) {
          assert.ok((await section(page, source).innerText()).includes(WORDS.da.nothing), source);
          assert.equal(await section(page, source).locator('.card').count(), 0, source);
          await assertDirectLink(page, source);
        }
        assert.ok((await attention(page).innerText()).includes(WORDS.da.nothingNeedsAttention));
      }));

    test('a citizen of a municipality that has not joined is told so, and not that nothing is registered', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'elsewhere-frede');
        for (const source of ['library', 'daycare']) {
          const text = await section(page, source).innerText();
          assert.ok(text.includes(WORDS.da.notCovered), text);
          assert.ok(!text.includes(WORDS.da.nothing), text);
          await assertDirectLink(page, source);
        }
        await assertAnswered(page, 'payments');
        const needs = await attention(page).innerText();
        assert.ok(!needs.includes(WORDS.da.nothingNeedsAttention), 'no promise while sources were not asked');
      }));

    test('a login without a CPR number is refused politely', () =>
      here.visit({ script }, async ({ page, context, guard }) => {
        guard.expectStatus(403);
        await beginLogin(page);
        await chooseCitizen(page, 'numberless-nina');
        await assertRefused(page, context, 'Dit login giver ikke adgang');
      }));

    test('a cancelled login says so and offers to try again', () =>
      here.visit({ script }, async ({ page, context, guard }) => {
        guard.expectStatus(403);
        await beginLogin(page);
        await page.getByRole('button', { name: 'Afbryd login' }).click();
        await assertRefused(page, context, 'Login blev afbrudt');
      }));

    test('a login below the level that is needed is refused, and a new one at that level works', () =>
      here.visit({ script }, async ({ page, context, guard }) => {
        guard.expectStatus(403);
        await beginLogin(page);
        await chooseCitizen(page, 'family-signe', 'low');
        await assertRefused(page, context, 'Dit login er ikke sikkert nok');
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).click();
        await chooseCitizen(page, 'family-signe');
        await complete(page);
        assert.equal(await page.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
      }));

    /** Finishes a login in a second tab, and sees the first one follow: by itself where it has a script. */
    const finishBeside = async (page, other, citizen) => {
      const finished = async () => {
        await chooseCitizen(other, citizen);
        await complete(other);
      };
      await Promise.all([script && page.waitForEvent('load'), finished()]);
      if (!script) await page.reload();
      await complete(page);
    };

    test('two tabs that log in at once both finish', () =>
      here.visit({ script }, async ({ page, context }) => {
        const other = await context.newPage();
        await beginLogin(page);
        await beginLogin(other);
        await chooseCitizen(page, 'family-signe');
        await complete(page);
        await finishBeside(page, other, 'family-signe');
        for (const tab of [page, other]) {
          assert.equal(await tab.locator('h1').innerText(), WORDS.da.overview);
          await tab.reload();
          await complete(tab);
          await assertAnswered(tab, 'library');
        }
      }));

    test('r20 of two logins that a stranger began in two tabs, the second one to finish ends the session of the first', () =>
      here.visit({ script }, async ({ page, context }) => {
        const other = await context.newPage();
        await beginLogin(page);
        await beginLogin(other);
        await chooseCitizen(page, 'family-signe');
        await complete(page);
        const first = await session(context);
        assert.equal(await statusWith(first), 200, 'control: the first one opens the overview');
        await finishBeside(page, other, 'debt-gert');
        const second = await session(context);
        assert.notEqual(second, first);
        assert.deepEqual([await statusWith(first), await statusWith(second)], [401, 200]);
        // The first tab is the second citizen's now, and says so.
        for (const tab of [page, other]) {
          assert.equal(await tab.locator('.citizen-name').innerText(), 'Gert Gældrupsen');
          assert.ok(!(await tab.content()).includes('Signe'));
        }
      }));

    test('the back button after login leads to no error of ours, and forward leads to the overview again', () =>
      here.visit({ script }, async ({ page, guard }) => {
        // The provider's page is for one use; what it answers to going back is its own affair.
        guard.expectStatus(400);
        await logIn(page, 'family-signe');
        await page.goBack({ waitUntil: 'commit' });
        assert.ok(!page.url().includes('/auth/callback'), 'the answered callback is no stop on the way');
        await page.goForward({ waitUntil: 'commit' });
        await completion(page).waitFor();
        assert.equal(await page.locator('h1').innerText(), WORDS.da.overview);
        await assertAnswered(page, 'library');
      }));
  });
}
