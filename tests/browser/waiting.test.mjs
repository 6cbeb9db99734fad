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

/** Lets somebody who is logged in keep four overviews under way, of sources that answer nothing. */
export async function crowd(page, demo) {
  for (const source of SOURCES) await demo.order(source, 'stall');
  await page.evaluate((streams) => {
    for (let stream = 0; stream < streams; stream += 1) {
      fetch('/api/v1/overview', { headers: { accept: 'text/event-stream' } }).catch(() => {});
    }
  }, MOST - 1);
}

for (const { locale, title, waited } of LANGUAGES) {
  for (const { script, named } of BROWSERS) {
    test(`who cannot log in yet reads why, what to do and how long it has been, ${named} (${locale})`, () =>
      here.visit({}, async ({ page }) => {
        await logIn(page, 'family-signe');
        await here.visit({ locale, script }, async (visitor) => {
          await crowd(page, here.demo);
          await page.waitForTimeout(300);
          const answer = await visitor.page.goto('/auth/login');
          assert.equal(answer.status(), 200);
          assert.equal(await visitor.page.locator('h1').innerText(), title);
          assert.match(await visitor.page.getByRole('status').innerText(), waited);
          if (!script) return;
          for (const viewport of [DESKTOP, PHONE]) {
            await visitor.page.setViewportSize(viewport);
            await assertNoSidewaysScroll(visitor, 'waiting page');
            await assertAccessible(visitor, 'waiting page');
          }
        });
      }));
  }
}
