// The console as people use it: a version's whole way by clicking, with two people, by keyboard, with and without scripts,
// and what every page must stand.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { startChromium } from './harness/chromium.mjs';
import { ConsoleWorld, act, atConsole, picture } from './harness/console.mjs';
import { Demo } from './harness/demo.mjs';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const LIBRARY = '/console/sources/library';
const version = (number) => `${LIBRARY}/versions/${number}`;

let world;
let demo;
let browser;
before(async () => {
  world = await ConsoleWorld.prepare();
  demo = await Demo.start({ settings: world.settings });
  browser = await startChromium();
  await world.registerLibraries();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  world?.stop();
});

/** Somebody at this console. */
const at = (name, how, body) => atConsole(browser, world, name, { viewport: DESKTOP, ...how }, body);

const h1 = (page) => page.locator('h1').innerText();

describe('a version on its way', { concurrency: false }, () => {
  test('its mistakes stand at their lines', async () => {
    await world.push((text) => text.replace('timeoutMs:', 'timeoutMsx:'), 422);
    await at('lis', {}, async (page) => {
      await page.goto(LIBRARY);
      await page.getByRole('link', { name: 'Version 1' }).click();
      assert.match(await page.locator('.mistaken').first().innerText(), /timeoutMsx/);
      assert.equal(await page.getByText('Send til godkendelse').count(), 0, 'it cannot be submitted');
      await picture(page, 'mistakes-desktop');
    });
    await world.push();
  });

  test('its authority tests and submits it', async () => {
    await at('lis', {}, async (page) => {
      await page.goto(version(1));
      await act(page, 'Afprøv');
      assert.match(await page.locator('#report').locator('..').innerText(), /0 fejlet/);
      await act(page, 'Send til godkendelse', { 'Bemærkning til den, der godkender (kan udelades)': 'Første udgave' });
      assert.match(await page.locator('.badges').innerText(), /Venter på godkendelse/);
    });
  });

  test('nobody who had a hand in it approves it; a second person does', async () => {
    await at('lis', {}, async (page) => {
      await page.goto(version(1));
      assert.equal(await page.getByRole('button', { name: 'Godkend', exact: true }).count(), 0);
    });
    await at('anna', { script: true }, async (page) => {
      await page.getByRole('link', { name: 'library · version 1' }).click();
      assert.match(await page.locator('#effect').locator('..').innerText(), /bibliotek\.birkerup\.example/);
      await act(page, 'Godkend');
      await act(page, 'Giv fri til borgerne');
      assert.match(await page.locator('.badges').innerText(), /Vises for borgere/);
    });
  });

  test('the next version says what it changes, and whoever submitted it as an operator cannot approve it', async () => {
    await world.push((text) => text.replace(/timeoutMs: \d+/, 'timeoutMs: 4321'));
    await at('bo', {}, async (page) => {
      await page.goto(version(2));
      assert.match(await page.locator('#effect').locator('..').innerText(), /4321/);
      await act(page, 'Afprøv');
      await act(page, 'Send til godkendelse', { 'Andel af borgerne i procent (1-100)': '10' });
      assert.match(await page.locator('main').innerText(), /En anden operatør skal godkende/);
      await picture(page, 'not-you-desktop');
    });
    await at('anna', {}, async (page) => {
      await page.goto(version(2));
      await picture(page, 'approve-desktop');
      await act(page, 'Godkend');
      await act(page, 'Giv fri til borgerne');
      await page.goto(LIBRARY);
      await act(page, 'Gå tilbage fra version 2 til version 1');
      assert.match(await page.locator('main').innerText(), /gik tilbage fra version 2 til 1/);
    });
  });

  test('a form of a page that is out of date does nothing, and says so', async () => {
    await at('lis', {}, async (page, guard) => {
      await page.goto(LIBRARY);
      await at('anna', {}, async (other) => {
        await other.goto(LIBRARY);
        await act(other, 'Sæt på pause', { 'Begrundelse (én linje, gemmes for altid)': 'Fejl hos leverandøren' });
        assert.match(await other.locator('.badges').first().innerText(), /På pause: Fejl hos leverandøren/);
        await picture(other, 'suspended-desktop');
        await act(other, 'Ophæv pausen');
      });
      guard.expectStatus(412);
      await act(page, 'Sæt på pause', { 'Begrundelse (én linje, gemmes for altid)': 'For sent' });
      assert.equal(await h1(page), 'Det er ændret imens');
      await picture(page, 'stale-desktop');
      await page.goto(LIBRARY);
      assert.doesNotMatch(await page.locator('main').innerText(), /For sent/);
    });
  });

  test('another authority sees none of it', async () => {
    await at('ole', {}, async (page, guard) => {
      assert.doesNotMatch(await page.locator('main').innerText(), /library/);
      guard.expectStatus(404);
      await page.goto(version(1));
      assert.doesNotMatch(await page.locator('main').innerText(), /library/);
    });
  });
});

/** Replaces a text in a file of the editor. */
async function retype(page, file, from, to) {
  const area = page.getByLabel(`Indholdet af ${file}`);
  const text = await area.inputValue();
  assert.ok(text.includes(from), `${file} holds ${from}`);
  await area.fill(text.replace(from, to));
}

describe('the editor', { concurrency: false }, () => {
  for (const script of [false, true]) {
    test(`says at which line a mistake is, and loses nothing, ${script ? 'with' : 'without'} scripts`, async () => {
      await at('lis', { script }, async (page) => {
        await page.goto(LIBRARY);
        await page.getByRole('link', { name: 'Ret filerne' }).click();
        assert.match(await h1(page), /^(Skriv|Ret) version 3$/);
        await retype(page, 'connector.yaml', 'timeoutMs:', 'timeoutMsx:');
        await page.getByRole('button', { name: 'Kontrollér' }).first().click();
        await page.getByText('Der er fejl i filerne, og intet er gemt').waitFor();
        assert.equal(new URL(page.url()).hash, '#said', 'what is said is what is seen');
        const area = page.getByLabel('Indholdet af connector.yaml');
        assert.match(await area.inputValue(), /timeoutMsx:/);
        assert.equal(await area.getAttribute('aria-invalid'), 'true');
        const described = await area.getAttribute('aria-describedby');
        assert.match(await page.locator(`#${described}`).innerText(), /linje 35/);
        await page.getByRole('link', { name: /connector.yaml, linje 35/ }).first().click();
        const number = await page.locator(':target').boundingBox();
        const text = await area.boundingBox();
        // 34 lines of 21 px before it, and 8 px above the first.
        assert.ok(Math.abs(number.y - (text.y + 8 + 34 * 21)) < 3, `${number.y} is beside line 35 of ${text.y}`);
        await retype(page, 'connector.yaml', 'timeoutMsx:', 'timeoutMs:');
        await retype(page, 'connector.yaml', 'da: Bibliotek,', 'da: Dit bibliotek,');
        await page.getByRole('button', { name: 'Kontrollér' }).first().click();
        await page.getByText('Ingen fejl fundet').waitFor();
        await page.getByRole('button', { name: 'Gem som version 3' }).first().click();
        await page.waitForURL(`**${version(3)}#content`);
        assert.equal(await h1(page), 'Version 3');
      });
      // For whoever comes next, it is as it was.
      await at('lis', { script }, async (page) => {
        await page.goto(`${LIBRARY}/edit`);
        await retype(page, 'connector.yaml', 'da: Dit bibliotek,', 'da: Bibliotek,');
        await page.getByRole('button', { name: 'Gem som version 3' }).first().click();
        await page.waitForURL(`**${version(3)}#content`);
      });
    });
  }

  test('adds a file by its name alone, whatever key is pressed', async () => {
    await at('lis', {}, async (page) => {
      await page.goto(`${LIBRARY}/edit`);
      await page.getByLabel('Sti, f.eks.').fill('notes/README.md');
      await page.keyboard.press('Enter');
      await page.getByText('Filen notes/README.md er føjet til').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.name), 'text:notes/README.md');
      await page.keyboard.type('Skrevet med tastatur');
      await retype(page, 'connector.yaml', 'da: Bibliotek,', 'da: Dit bibliotek,');
      await page.getByRole('button', { name: 'Gem som version 3' }).first().click();
      await page.waitForURL(`**${version(3)}#content`);
      await page.getByRole('link', { name: 'Se forskellen linje for linje' }).click();
      assert.match(await page.locator('main').innerText(), /notes\/README\.md[\s\S]*Skrevet med tastatur/);
      // Without colours too: a sign, and a word for whoever hears it.
      const removed = page.locator('.difference .removed').first();
      assert.match(await removed.textContent(), /−\s*Fjernet:.*da: Bibliotek,/);
    });
  });

  test('tells whoever is overtaken, and keeps their text', async () => {
    await at('lis', {}, async (page, guard) => {
      await page.goto(`${LIBRARY}/edit`);
      await world.push((text) => text.replace('da: Bibliotek,', 'da: Et bibliotek,'));
      await retype(page, 'connector.yaml', 'timeoutMs: 4321', 'timeoutMs: 2999');
      guard.expectStatus(412);
      await page.getByRole('button', { name: 'Gem som version 3' }).first().click();
      await page.getByText('Nogen har ændret kilden imens').waitFor();
      assert.match(await page.getByLabel('Indholdet af connector.yaml').inputValue(), /timeoutMs: 2999/);
      await picture(page, 'overtaken-desktop');
    });
  });
});

test('a change is seen as citizens would see it, beside what they see now', async () => {
  await at('lis', {}, async (page) => {
    await page.goto(version(3));
    await page.getByRole('link', { name: 'Se, hvad en borger ser' }).click();
    await page.getByRole('combobox', { name: 'Optagelse' }).selectOption('family');
    await page.getByRole('button', { name: 'Vis', exact: true }).click();
    await page.getByRole('heading', { name: 'På dansk' }).waitFor();
    assert.deepEqual(await page.locator('.section h3').allInnerTexts(), ['Bibliotek', 'Et bibliotek', 'Library', 'Library']);
    assert.equal(await page.locator('.section h4.kind').count() > 4, true, 'with cards');
    const [before, after] = await Promise.all([0, 1].map((side) => page.locator('.side').nth(side).boundingBox()));
    assert.ok(Math.abs(before.y - after.y) < 2 && after.x > before.x + 300, 'beside each other');
  });
});

const PAGES = [
  { named: 'welcome', path: '/console/welcome', who: undefined },
  { named: 'logged-out', path: '/console/logged-out', who: undefined },
  { named: 'sources', path: '/console/sources' },
  { named: 'source', path: LIBRARY },
  { named: 'history', path: `${LIBRARY}/history` },
  {
    named: 'statistics',
    path: `${LIBRARY}/statistics`,
    async then(page) {
      assert.equal(await page.locator('svg .bar-whole').first().isVisible(), true, 'with charts');
    },
  },
  { named: 'version-1', path: version(1) },
  { named: 'version-2', path: version(2) },
  { named: 'editor', path: `${LIBRARY}/edit` },
  {
    named: 'editor-mistakes',
    path: `${LIBRARY}/edit`,
    async then(page) {
      const area = page.locator('#file-1');
      await area.fill((await area.inputValue()).replace('timeoutMs:', 'timeoutMsx:').replace('metadata:', 'metadatas:'));
      await page.locator('button[value=check]').first().click();
      await page.locator('#said').waitFor();
    },
  },
  { named: 'difference', path: `${LIBRARY}/diff` },
  { named: 'try', path: `${version(3)}/try` },
  {
    named: 'tried',
    path: `${version(3)}/try`,
    async then(page) {
      await page.locator('select[name=example]').selectOption('family');
      await page.locator('main form button').click();
      await page.locator('.side').first().waitFor();
    },
  },
  {
    named: 'try-nothing',
    path: `${version(3)}/try`,
    async then(page) {
      await page.locator('input[value=citizen]').check();
      await page.locator('input[name=citizen]').fill('6101010001');
      await page.locator('main form button').click();
      await page.locator('#said').waitFor();
    },
  },
  { named: 'nothing', path: '/console/sources/nothing', status: 404 },
];

describe('every page', () => {
  for (const { size, viewport } of [{ size: 'desktop', viewport: DESKTOP }, { size: 'phone', viewport: PHONE }]) {
    for (const { named, path, status, then, ...who } of PAGES) {
      test(`${named} is accessible and fits, ${size}`, async () => {
        const name = 'who' in who ? who.who : 'anna';
        await at(name, { script: true, viewport, locale: size === 'phone' ? 'en-GB' : 'da-DK' }, async (page, guard) => {
          if (status) guard.expectStatus(status);
          await page.goto(path);
          await then?.(page, guard);
          await picture(page, `${named}-${size}`);
          await assertAccessible({ page, guard }, `${named} (${size})`);
          await assertNoSidewaysScroll({ page }, `${named} (${size})`);
        });
      });
    }
  }
});

test('everything can be reached and done by keyboard', async () => {
  await at('anna', { script: true }, async (page) => {
    await page.goto(LIBRARY);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    const reached = new Set();
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement.textContent.trim()));
    }
    for (const words of ['Log ud', 'Version 2', 'Sæt på pause', 'Se hele historikken']) assert.ok(reached.has(words), words);
    await page.locator('summary', { hasText: 'Sæt på pause' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Med tastatur');
    await page.keyboard.press('Enter');
    await page.getByText('På pause: Med tastatur').first().waitFor();
    await page.locator('summary', { hasText: 'Ophæv pausen' }).focus();
  });
});

test('whoever logged out is out, also by the back button', async () => {
  await at('anna', { script: true }, async (page) => {
    await page.goto(LIBRARY);
    await page.getByRole('button', { name: 'Log ud' }).click();
    await page.waitForURL('**/console/logged-out');
    await page.goto(LIBRARY);
    assert.equal(new URL(page.url()).pathname, '/console/welcome');
  });
});
