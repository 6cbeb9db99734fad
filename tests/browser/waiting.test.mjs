// The page of somebody who waits for their turn to log in, while more is asked of the gateway than it can serve.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { SOURCES, logIn } from './harness/pages.mjs';
import { BROWSERS, DESKTOP, PHONE, setting } from './harness/setting.mjs';

/** Five overviews at once are all: with four of them under way, new logins wait. */
const MOST = 5;
const limits = { overviews_in_flight: MOST, streams_per_citizen: MOST, streams_per_session: MOST };
const here = setting({
  settings: Object.fromEntries(Object.entries(limits).map(([name, value]) => [`limits.${name}`, value])),
});

const LANGUAGES = [
  { locale: 'da-DK', title: 'Du står i kø til at logge ind', waited: /^Du har ventet i/ },
  { locale: 'en-GB', title: 'You are in line to log in', waited: /^You have waited for/ },
];

/** Somebody who is logged in keeps four overviews under way, of sources that answer nothing. */
async function crowd(page) {
  for (const source of SOURCES) await here.demo.order(source, 'stall');
  await page.evaluate((streams) => {
    const keep = async () => {
      const answer = await fetch('/api/v1/overview', { headers: { accept: 'text/event-stream' } });
      await answer.text();
      return keep();
    };
    for (let stream = 0; stream < streams; stream += 1) keep();
  }, MOST - 1);
}

/** Asks to log in until others go first: who comes at the very beginning still gets in. */
async function wait(page) {
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = await page.goto('/auth/login');
    if (new URL(page.url()).pathname === '/auth/login') return answer;
  }
  return assert.fail('nobody has to wait');
}

test('who cannot log in yet reads why, what to do and how long it has been, in both languages, with and without JavaScript', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await crowd(page);
    for (const { locale, title, waited } of LANGUAGES) {
      for (const { script } of BROWSERS) {
        await here.visit({ locale, script, calm: false }, async (visitor) => {
          const answer = await wait(visitor.page);
          assert.equal(answer.status(), 200);
          assert.ok(Number(answer.headers().refresh) > 0, 'it asks again by itself');
          assert.equal(await visitor.page.locator('h1').innerText(), title);
          assert.match(await visitor.page.getByRole('status').innerText(), waited);
          for (const viewport of [DESKTOP, PHONE]) {
            await visitor.page.setViewportSize(viewport);
            await assertNoSidewaysScroll(visitor, 'waiting page');
            if (script) await assertAccessible(visitor, 'waiting page');
          }
        });
      }
    }
  }));
