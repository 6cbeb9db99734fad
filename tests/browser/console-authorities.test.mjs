// Authorities, agreements and what waits, as people at the console use them: by forms, with two people, without a script.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { startChromium } from './harness/chromium.mjs';
import { ConsoleWorld, act, atConsole, picture } from './harness/console.mjs';
import { Demo } from './harness/demo.mjs';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const LIBRARY = '/console/sources/library';
const LIBRARIES = '/console/authorities/birkerup-libraries';
const HARBOUR = '/console/authorities/birkerup-harbour';

let world;
let demo;
let browser;
before(async () => {
  world = await ConsoleWorld.prepare();
  demo = await Demo.start({ settings: world.settings });
  browser = await startChromium();
  await world.registerLibraries();
  await world.push();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  world?.stop();
});

/** Somebody at this console. */
const at = (name, how, body) => atConsole(browser, world, name, { viewport: DESKTOP, ...how }, body);

/** A program's public keys, and the private one. */
function keys() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { d, ...shown } = privateKey.export({ format: 'jwk' });
  const set = (key) => JSON.stringify({ keys: [{ ...key, kid: 'robot-1', use: 'sig', alg: 'ES256' }] });
  return { shown: set(shown), hidden: set({ d, ...shown }), secret: d };
}

const main = (page) => page.locator('main').innerText();
const places = (page) => page.locator('.places').innerText();

describe('an authority on its way', { concurrency: false }, () => {
  test('an operator proposes a new one, and what is wrong is said beside what was written', async () => {
    await at('anna', {}, async (page, guard) => {
      await page.getByRole('link', { name: 'Myndigheder' }).click();
      await page.getByRole('link', { name: 'Foreslå en ny myndighed' }).click();
      await page.getByLabel('Myndighedens navn i adresser (små bogstaver, tal og bindestreg)').fill('birkerup-harbour');
      await page.getByLabel('Navn på dansk').fill('Birkerup Havn');
      await page.getByLabel('Navn på engelsk').fill('Birkerup Harbour');
      await page.getByLabel('CVR-nummer').fill('9000003');
      await page.getByLabel('Domæner').fill('havn.birkerup.example\nlocalhost');
      guard.expectStatus(400);
      await page.getByRole('button', { name: 'Send forslaget' }).click();
      const wrong = await page.getByRole('alert').innerText();
      assert.match(wrong, /otte cifre/);
      assert.match(wrong, /localhost/);
      await picture(page, 'authority-form-mistakes-desktop');
      await page.getByLabel('CVR-nummer').fill('90000034');
      await page.getByLabel('Domæner').fill('havn.birkerup.example');
      await page.getByRole('button', { name: 'Send forslaget' }).click();
      await page.waitForURL(`**${HARBOUR}`);
      assert.match(await main(page), /Du har selv foreslået det/);
      assert.equal(await page.getByRole('button', { name: 'Godkend', exact: true }).count(), 0);
      await picture(page, 'authority-not-you-desktop');
    });
  });

  test('another operator finds it on the first page, and approves it', async () => {
    await at('bo', { script: true }, async (page) => {
      assert.match(await places(page), /1 venter på dig/);
      await picture(page, 'waiting-operator-desktop');
      await page.getByRole('link', { name: 'Ny myndighed: Birkerup Havn' }).click();
      assert.match(await main(page), /havn\.birkerup\.example \(nyt\)/);
      await picture(page, 'authority-approve-desktop');
      await act(page, 'Godkend');
      assert.match(await page.locator('.badges').first().innerText(), /På plads/);
      assert.match(await places(page), /^Venter på dig/);
    });
  });

  test('an authority proposes a program of its own; a private key is not taken, nor shown again', async () => {
    const { shown, hidden, secret } = keys();
    await at('lis', {}, async (page, guard) => {
      await page.getByRole('link', { name: 'Min myndighed' }).click();
      await page.getByRole('link', { name: 'Foreslå en ændring' }).click();
      const fill = async (written) => {
        const program = page.locator('fieldset').last();
        await program.getByLabel('Programmets navn').fill('robot');
        await program.getByLabel('Offentlige nøgler som JSON Web Key Set').fill(written);
        await page.getByRole('button', { name: 'Send forslaget' }).click();
        await page.waitForLoadState();
      };
      guard.expectStatus(400);
      await fill(hidden);
      assert.match(await page.getByRole('alert').innerText(), /Nøglen til robot er privat/);
      assert.ok(!(await page.content()).includes(secret));
      // The room that it was in is there again, empty, and one more.
      const rooms = page.locator('fieldset');
      await rooms.nth((await rooms.count()) - 2).getByLabel('Offentlige nøgler som JSON Web Key Set').fill(shown);
      await page.getByRole('button', { name: 'Send forslaget' }).click();
      await page.waitForURL(`**${LIBRARIES}`);
      assert.match(await main(page), /Nøgle til robot/);
      await page.goto('/console');
      assert.match(await main(page), /Venter på en operatør/);
      await picture(page, 'waiting-authority-desktop');
    });
  });

  test('both sides propose agreements; whoever proposed one cannot approve it', async () => {
    await at('lis', {}, async (page, guard) => {
      await page.goto(LIBRARY);
      const fields = (municipalities) => ({
        Visningsklient: 'overblik',
        'Kommuner: koder med mellemrum mellem (0101 0147), eller ordet alle': municipalities,
      });
      guard.expectStatus(400);
      await act(page, 'Foreslå en aftale', fields('København'));
      assert.match(await main(page), /Kommuner skrives som koder/);
      await page.goto(LIBRARY);
      await act(page, 'Foreslå en aftale', fields('alle'));
      assert.match(await main(page), /Foreslået: alle kommuner/);
    });
    await at('anna', {}, async (page) => {
      await page.goto(LIBRARY);
      await act(page, 'Foreslå en aftale', {
        Visningsklient: 'birkerup',
        'Kommuner: koder med mellemrum mellem (0101 0147), eller ordet alle': '0101 0147',
      });
      assert.match(await main(page), /Du har selv foreslået aftalen med birkerup/);
      assert.equal(await page.getByText('Godkend aftalen med birkerup').count(), 0);
      await act(page, 'Godkend aftalen med overblik');
      assert.match(await main(page), /Gælder: alle kommuner/);
      await page.goto('/console');
      assert.match(await main(page), /Du har selv haft fingre i det/);
    });
  });

  test('a pause ends at a time that Danish clocks show once', async () => {
    const reason = 'Begrundelse (én linje, gemmes for altid)';
    const until = 'Indtil (dansk tid, kan udelades)';
    await at('lis', { script: true }, async (page, guard) => {
      await page.goto(LIBRARY);
      guard.expectStatus(400);
      await act(page, 'Sæt på pause', { [reason]: 'Vi flytter', [until]: '2027-03-28T02:30' });
      assert.match(await main(page), /klokken er aldrig 02:30/);
      await picture(page, 'time-never-desktop');
      await page.goto(LIBRARY);
      await act(page, 'Sæt på pause', { [reason]: 'Vi flytter', [until]: '2027-07-01T12:00' });
      assert.match(await main(page), /Vi flytter indtil 1\. juli 2027 kl\. 12:00/);
    });
  });
});

const PAGES = [
  { named: 'waiting-operator', path: '/console', who: 'bo' },
  { named: 'waiting-authority', path: '/console', who: 'lis' },
  { named: 'sources-list', path: '/console/sources', who: 'bo' },
  { named: 'authorities', path: '/console/authorities', who: 'bo' },
  { named: 'authority-proposed', path: LIBRARIES, who: 'bo' },
  { named: 'authority-own', path: LIBRARIES, who: 'lis' },
  { named: 'authority-history', path: `${LIBRARIES}/history`, who: 'lis' },
  { named: 'authority-change', path: `${LIBRARIES}/change`, who: 'lis' },
  { named: 'authority-new', path: '/console/new-authority', who: 'bo' },
  { named: 'source-with-agreements', path: LIBRARY, who: 'bo' },
];

describe('every page', () => {
  for (const { size, viewport } of [{ size: 'desktop', viewport: DESKTOP }, { size: 'phone', viewport: PHONE }]) {
    for (const { named, path, who } of PAGES) {
      test(`${named} is accessible and fits, ${size}`, async () => {
        const locale = size === 'phone' ? 'en-GB' : 'da-DK';
        await at(who, { script: true, viewport, locale, dark: size === 'phone' }, async (page, guard) => {
          await page.goto(path);
          await picture(page, `${named}-${size}`);
          await assertAccessible({ page, guard }, `${named} (${size})`);
          await assertNoSidewaysScroll({ page }, `${named} (${size})`);
        });
      });
    }
  }
});

test('an authority\'s people find the way to everything of theirs, and to nothing of others', async () => {
  await at('ole', {}, async (page, guard) => {
    assert.match(await main(page), /ikke på plads her endnu/);
    assert.doesNotMatch(await page.locator('body').innerText(), /library|havn/i);
    guard.expectStatus(404);
    await page.goto(LIBRARIES);
    assert.doesNotMatch(await main(page), /bibliotek/i);
  });
});

test('the provider\'s logout ends a session at the console', async () => {
  await at('lis', {}, async (page) => {
    await page.goto('/console');
    await world.logOutAtProvider('lis');
    await page.goto('/console');
    assert.equal(new URL(page.url()).pathname, '/console/welcome');
  });
});
