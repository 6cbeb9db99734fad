// An overview before any source has joined: it says so, and never that there is nothing about anybody.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { picture } from './harness/console.mjs';
import { WORDS, attention, completion, logIn } from './harness/pages.mjs';
import { DESKTOP, setting } from './harness/setting.mjs';

const folder = mkdtempSync(join(tmpdir(), 'overblik-empty-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const here = setting({
  settings: {
    'registry.directory': join(folder, 'registry'),
    'sources.library.authority': 'birkerup-libraries',
    'sources.daycare.authority': 'birkerup',
    'sources.payments.authority': 'public-payments',
  },
});

const PHONE = { width: 390, height: 844 };
const SAID = {
  da: { nothing: 'betyder ikke, at de intet har om dig', asked: 'Ingen kilder blev spurgt.', declared: 'Ingen myndigheder har endnu' },
  en: { nothing: 'does not mean that they hold nothing about you', asked: 'No source was asked.', declared: 'No authority has yet' },
};

for (const [locale, language] of [['da-DK', 'da'], ['en-GB', 'en']]) {
  for (const [named, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const script of [true, false]) {
      test(`an overview of no source says that none has joined (${language}, ${named}, ${script ? 'with' : 'without'} script)`, () =>
        here.visit({ locale, viewport, script, calm: false }, async (visitor) => {
          const { page } = visitor;
          await logIn(page, 'family-signe');
          const said = SAID[language];
          assert.ok((await attention(page).innerText()).includes(said.nothing));
          assert.equal((await completion(page).innerText()).trim(), said.asked);
          const whole = await page.locator('body').innerText();
          for (const promise of [WORDS.da.nothingNeedsAttention, WORDS.da.nothing, WORDS.en.nothing, ' 0 ']) {
            assert.ok(!whole.includes(promise), `${promise}: ${whole}`);
          }
          if (script) {
            await picture(page, `empty-${language}-${named}`);
            await assertAccessible(visitor, `an empty overview (${named})`);
            await assertNoSidewaysScroll(visitor, `an empty overview (${named})`);
          }
          await page.goto('/declaration');
          assert.ok((await page.locator('main').innerText()).includes(said.declared));
        }));
    }
  }
}
