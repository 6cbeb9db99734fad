// `overblik demo --console`: the story of a first-time user, from a folder of files to citizens, and how a source begins.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { startChromium } from './harness/chromium.mjs';
import { act, picture } from './harness/console.mjs';
import { Demo } from './harness/demo.mjs';
import { Guard } from './harness/guard.mjs';
import { logIn, openOverview, section } from './harness/pages.mjs';

const LIBRARY_FILES = join(
  dirname(fileURLToPath(import.meta.url)), '..', '..', 'contracts', 'authorities', 'birkerup-libraries', 'library');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const NEW = '/console/new-source';
const LIBRARY = '/console/sources/library';
const FIRST = `${LIBRARY}/versions/1`;

let demo;
let browser;
before(async () => {
  demo = await Demo.start({ more: ['--console'], startLimitMs: 120_000 });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Somebody in a browser of their own. */
async function visit(baseURL, { script = true, viewport = DESKTOP, locale = 'da-DK', dark = false } = {}, body) {
  const colorScheme = dark ? 'dark' : 'light';
  const context = await browser.newContext({ baseURL, javaScriptEnabled: script, locale, viewport, colorScheme });
  context.setDefaultTimeout(30_000);
  const guard = new Guard(context);
  try {
    const page = await context.newPage();
    await body(page, guard);
    guard.verify();
  } finally {
    await context.close();
  }
}

/** A colleague at the console. */
const at = (name, how, body) =>
  visit(demo.console, how, async (page, guard) => {
    await page.goto('/console');
    await page.locator('main').getByRole('link', { name: /^Log (ind|in)$/ }).click();
    await page.locator(`button.person[value=${name}]`).click();
    await page.waitForURL(`${demo.console}/console`);
    await body(page, guard);
  });

const main = (page) => page.locator('main').innerText();

describe('a first day', { concurrency: false }, () => {
  test('the citizens see every source but the one that has not joined', () =>
    visit(demo.portal, {}, async (page) => {
      await logIn(page, 'family-signe');
      assert.equal(await section(page, 'library').count(), 0);
      await section(page, 'daycare').waitFor();
    }));

  test('the terminal says who is who, and the provider of citizens knows none of them', () =>
    visit(demo.portal, {}, async (page) => {
      for (const name of ['Lis', 'Lars', 'Anna', 'Bo']) assert.match(demo.said, new RegExp(`\\n +${name} `));
      await page.goto('/');
      await page.locator('main').getByRole('link', { name: /^Log i/ }).click();
      await page.locator('button.person').first().waitFor();
      assert.equal(await page.locator('button.person[value=lis]').count(), 0);
    }));

  test('somebody of the libraries brings the files, tests them and asks for approval', () =>
    at('lis', {}, async (page) => {
      await page.getByRole('link', { name: 'Kilder', exact: true }).click();
      await page.getByRole('link', { name: 'Ny kilde' }).click();
      await page.getByLabel('Kildens navn i adresser').fill('library');
      await page.getByLabel('Filerne i kildens mappe').check();
      await page.getByLabel('Mappen med connector.yaml').setInputFiles(LIBRARY_FILES);
      await picture(page, 'new-source-files-desktop');
      await page.getByRole('button', { name: 'Læg version 1 frem' }).click();
      await page.waitForURL(`**${LIBRARY}/edit`);
      assert.match(await page.locator('h1').innerText(), /Ret version 1/);
      await page.goto(FIRST);
      await act(page, 'Afprøv');
      assert.match(await page.locator('#report').locator('..').innerText(), /0 fejlet/);
      await act(page, 'Send til godkendelse');
      assert.equal(await page.getByRole('button', { name: 'Godkend', exact: true }).count(), 0);
      await page.goto(LIBRARY);
      await act(page, 'Foreslå en aftale', {
        Visningsklient: 'overblik',
        'Kommuner: koder med mellemrum mellem (0101 0147), eller ordet alle': 'alle',
      });
      assert.match(await main(page), /Foreslået: alle kommuner/);
    }));

  test('an operator finds both on the first page, and approves them', () =>
    at('bo', {}, async (page) => {
      await page.getByRole('link', { name: 'library · version 1' }).click();
      await act(page, 'Godkend');
      await page.goto(LIBRARY);
      await act(page, 'Godkend aftalen med overblik');
      assert.match(await main(page), /Gælder: alle kommuner/);
    }));

  test('the libraries see what a citizen would see, and release it', () =>
    at('lars', {}, async (page) => {
      await page.goto(`${FIRST}/try`);
      await page.locator('select[name=example]').selectOption('family');
      await page.getByRole('button', { name: 'Vis', exact: true }).click();
      assert.match(await main(page), /Svarede/);
      assert.ok((await page.locator('.seen .card').count()) > 0, 'with the cards that a citizen sees');
      await page.goto(FIRST);
      await act(page, 'Giv fri til borgerne');
      assert.match(await page.locator('.badges').innerText(), /Vises for borgere/);
    }));

  test('the next overview has it, without a restart', () =>
    visit(demo.portal, {}, async (page) => {
      await logIn(page, 'family-signe');
      for (let tries = 0; tries < 20 && !(await section(page, 'library').count()); tries += 1) await openOverview(page);
      assert.equal(await section(page, 'library').getAttribute('data-outcome'), 'answered');
    }));
});

describe('a source begins', { concurrency: false }, () => {
  test('from a template, without a script: the editor opens on a version without mistakes', () =>
    at('lars', { script: false }, async (page, guard) => {
      await page.goto(NEW);
      await page.getByLabel('Kildens navn i adresser').fill('daycare');
      await page.getByLabel('Overskriften, som borgerne læser').fill('Arrangementer');
      assert.match(await page.getByLabel('Kildens adresse').inputValue(), /^https:\/\/.*bibliotek\.birkerup\.example$/);
      guard.expectStatus(400);
      await page.getByRole('button', { name: 'Læg version 1 frem' }).click();
      assert.match(await page.getByRole('alert').innerText(), /allerede en kilde med det navn/);
      assert.equal(await page.getByLabel('Overskriften, som borgerne læser').inputValue(), 'Arrangementer');
      await page.getByLabel('Kildens navn i adresser').fill('events');
      await page.getByRole('button', { name: 'Læg version 1 frem' }).click();
      await page.waitForURL('**/console/sources/events/edit');
      assert.match(await page.locator('textarea').first().inputValue(), /name: events[\s\S]*TODO/);
    }));

  test('from a contract that an operator pastes, whose mistakes stand at their lines', () =>
    at('anna', {}, async (page) => {
      await page.goto(NEW);
      await page.locator('select[name=authority]').selectOption('birkerup-libraries');
      await page.getByLabel('Kildens navn i adresser').fill('pasted');
      await page.getByLabel('En kontrakt, som du sætter ind').check();
      assert.ok(!(await page.getByLabel('Kildens adresse').isVisible()), 'the fields of a template are not asked for');
      await page.getByLabel('Indholdet af connector.yaml').fill('apiVersion: overblik/v1\nkind: Conector\n');
      await page.getByRole('button', { name: 'Læg version 1 frem' }).click();
      await page.waitForURL('**/console/sources/pasted/edit#said');
      assert.match(await page.locator('#said').innerText(), /kladde med fejl/);
    }));

  for (const { size, viewport } of [{ size: 'desktop', viewport: DESKTOP }, { size: 'phone', viewport: PHONE }]) {
    for (const who of ['lis', 'anna']) {
      test(`its page is accessible and fits, ${who}, ${size}`, () =>
        at(who, { viewport, locale: size === 'phone' ? 'en-GB' : 'da-DK', dark: size === 'phone' }, async (page, guard) => {
          await page.goto(NEW);
          for (const start of ['template', 'contract', 'files']) {
            await page.locator(`input[name=start][value=${start}]`).check();
            await picture(page, `new-source-${who}-${start}-${size}`);
            await assertAccessible({ page, guard }, `${start} (${size})`);
            await assertNoSidewaysScroll({ page }, `${start} (${size})`);
          }
        }));
    }
  }
});
