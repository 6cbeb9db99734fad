// A connected frame on a municipality's page that has no server: the citizen lets it show their overview in a window of the
// gateway's (decision 39), across real origins of different sites, in a browser that sends no cookie of one site on the
// other's pages (requirements R67 and R69).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { chooseCitizen, logIn, logOut } from './harness/pages.mjs';
import { PHONE, setting } from './harness/setting.mjs';

const here = setting();
const COOKIE = '__Host-Http-overblik-connected-birkerup';
const EVIL = 'evil.localhost';

let elsewhere;
before(async () => {
  elsewhere = await Elsewhere.open();
});
after(() => elsewhere?.close());

const frame = (page) => page.frameLocator('iframe');
const button = (page) => frame(page).getByRole('button', { name: 'Vis dit overblik her' });
const sections = (page) => frame(page).locator('.ob-overview');

/** Opens the municipality's page and waits for the button in the frame. */
async function visitMunicipality(page) {
  await page.goto(`${here.demo.municipality}/connected`);
  await button(page).waitFor();
}

/** Presses the button; the window that it opens. */
async function press(page) {
  const opened = page.waitForEvent('popup');
  await button(page).click();
  const popup = await opened;
  await popup.locator('h1').waitFor();
  return popup;
}

/** Says yes in the window, which closes. */
async function sayYes(popup) {
  const closed = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Vis det' }).click();
  await closed;
}

/** The requests to a path of the gateway's from now on. */
function requestsTo(context, path) {
  const requests = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === here.demo.portal && url.pathname === path) requests.push(request);
  });
  return requests;
}

/** Calls that the authorities have received, as the control page says. */
async function asked() {
  const page = await (await fetch(here.demo.control)).text();
  return [...page.matchAll(/(\d+) calls remembered/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('a citizen who is logged in', () => {
  test('says yes in a window and is shown their sections, until they take it back', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const before = await asked();
      await visitMunicipality(page);
      const popup = await press(page);
      const question = await popup.locator('main').innerText();
      for (const words of ['Birkerup Kommune', here.demo.municipality, 'Bibliotek', 'Daginstitution', 'kvarter']) {
        assert.ok(question.includes(words), `${words} in:\n${question}`);
      }
      assert.ok(!question.includes('Betalinger'), 'what the municipality may not show');
      assert.equal(await asked(), before, 'nobody was asked yet');

      const framed = requestsTo(context, '/embed/v1/connected');
      await sayYes(popup);
      await sections(page).waitFor();
      const text = await sections(page).innerText();
      for (const words of ['Birkerup', 'Lån (3)']) assert.ok(text.includes(words), `${words} in:\n${text}`);
      assert.ok(!text.includes('Daginstitution, næste måned'), text);
      const { cookie } = await framed.at(-1).allHeaders();
      assert.match(cookie, new RegExp(`^${COOKIE}=[\\w-]{86}$`), 'the frame sends its own cookie, and no other');
      const kept = (await context.cookies()).find(({ name }) => name === COOKIE);
      assert.ok(kept.secure && kept.httpOnly && kept.sameSite === 'None' && kept.partitionKey, JSON.stringify(kept));

      const height = Number(await page.locator('iframe').evaluate((element) => element.clientHeight));
      assert.ok(height > 0 && height % 200 === 0, `${height}: the page around is not told how much there is`);

      const address = page.frames().at(-1).url();
      assert.equal(address, `${here.demo.portal}/embed/v1/connected?portal=birkerup&lang=da`, 'and names nothing');
      await page.reload();
      await sections(page).waitFor();
      await frame(page).getByRole('link', { name: 'Opdatér' }).click();
      await sections(page).waitFor();
      await frame(page).getByRole('button', { name: 'Vis det ikke længere her' }).click();
      await button(page).waitFor();
      assert.equal(await sections(page).count(), 0);
      assert.equal((await context.cookies()).some(({ name }) => name === COOKIE), false);
      await page.reload();
      await button(page).waitFor();
    }));

  test('says no, or closes the window, and nothing happens', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      const before = await asked();
      const sent = requestsTo(context, '/embed/v1/connected');
      const popup = await press(page);
      const closed = popup.waitForEvent('close');
      await popup.getByRole('link', { name: 'Nej tak' }).click();
      await closed;
      await (await press(page)).close();
      await page.waitForTimeout(300);
      assert.equal(sent.length, 0);
      assert.equal(await asked(), before);
      assert.ok(await button(page).isVisible());
    }));

  test('is shown no more after logging out at the gateway', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      await sayYes(await press(page));
      await sections(page).waitFor();
      const own = await page.context().newPage();
      await own.goto('/');
      await logOut(own);
      const before = await asked();
      // The portal's tab is come back to.
      await page.frames().at(-1).evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await button(page).waitFor();
      await page.reload();
      await button(page).waitFor();
      assert.equal(await asked(), before, 'nobody was asked');
    }));

  test('says nothing by a click that was meant for something else', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      const popup = await press(page);
      const inFront = () => {
        window.dispatchEvent(new Event('focus'));
        return document.getElementById('connect-yes').disabled;
      };
      assert.ok(await popup.evaluate(inFront), 'the window has just come to the front');
      await sayYes(popup);
      await sections(page).waitFor();
    }));

  test('needs no mouse', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      await button(page).focus();
      const opened = page.waitForEvent('popup');
      await page.keyboard.press('Enter');
      const popup = await opened;
      const yes = popup.getByRole('button', { name: 'Vis det' });
      await yes.and(popup.locator(':enabled')).waitFor();
      const isFocused = () => yes.evaluate((element) => element === document.activeElement);
      for (let tabs = 0; tabs < 20 && !(await isFocused()); tabs += 1) await popup.keyboard.press('Tab');
      assert.ok(await isFocused(), 'the button is reached by the keyboard');
      await popup.keyboard.press('Enter');
      await sections(page).waitFor();
    }));
});

describe('a citizen who is not logged in', () => {
  test('logs in in the window, presses again, and says yes', () =>
    here.visit({}, async ({ page }) => {
      await visitMunicipality(page);
      const first = await press(page);
      assert.equal(await first.locator('form[action^="/connect/"]').count(), 0, 'nothing to say yes to');
      await first.locator('main').getByRole('link', { name: 'Log ind' }).click();
      await chooseCitizen(first, 'family-signe');
      await first.getByText('Luk dette vindue').waitFor();
      await first.close();
      assert.ok(await button(page).isVisible());
      await sayYes(await press(page));
      await sections(page).waitFor();
      assert.ok((await sections(page).innerText()).includes('Lån (3)'));
    }));

  test('is not asked in a window that the frame did not open', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await page.goto('/connect/birkerup');
      await page.waitForURL('**/auth/logged-in');
      await page.getByText('Luk dette vindue').waitFor();
    }));
});

describe('r69 a forged message', () => {
  const message = { type: 'overblik:allowed', portal: 'birkerup', code: 'A'.repeat(86) };

  test('to the frame does nothing, from the page around it, from another site or while the window is open', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      const sent = requestsTo(context, '/embed/v1/connected');
      const forge = (on) =>
        on.evaluate((forged) => {
          for (const one of [forged, { ...forged, code: 'x' }, 'x', null]) {
            for (const target of [window.frames[0], window.opener?.frames[0]]) target?.postMessage(one, '*');
          }
        }, message);
      await forge(page);
      const opened = page.waitForEvent('popup');
      await page.evaluate((address) => { window.open(address); }, elsewhere.page(EVIL, { body: '<h1>Evil</h1>' }));
      const evil = await opened;
      await evil.locator('h1').waitFor();
      await forge(evil);
      const popup = await press(page);
      await forge(page);
      await forge(evil);
      await page.waitForTimeout(300);
      assert.equal(sent.length, 0, 'no code was brought');
      assert.ok(await button(page).isVisible());
      await sayYes(popup);
      await sections(page).waitFor();
    }));

  test('does nothing from the frame\'s own origin in another shape', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      const sent = requestsTo(context, '/embed/v1/connected');
      const popup = await press(page);
      await popup.evaluate((forged) => {
        for (const wrong of [{ ...forged, portal: 'askerup' }, { ...forged, code: `${forged.code}A` }, { ...forged, type: 'x' }, [], null]) {
          window.opener.postMessage(wrong, location.origin);
        }
      }, message);
      await page.waitForTimeout(300);
      assert.equal(sent.length, 0);
    }));

  test('with a code of nobody\'s shows nothing, and says so', () =>
    here.visit({}, async ({ page, guard }) => {
      await logIn(page, 'family-signe');
      await visitMunicipality(page);
      const before = await asked();
      const popup = await press(page);
      guard.expectStatus(401);
      await popup.evaluate((forged) => window.opener.postMessage(forged, location.origin), message);
      await frame(page).getByText('Det lykkedes ikke').waitFor();
      assert.ok(await button(page).isVisible());
      assert.equal(await asked(), before);
    }));
});

describe('r67 a site that is not registered', () => {
  test('gets no frame, and no source is asked', () =>
    here.visit({}, async ({ page, guard }) => {
      await logIn(page, 'family-signe');
      const before = await asked();
      const address = `${here.demo.portal}/embed/v1/connected?portal=birkerup`;
      await page.goto(elsewhere.page(EVIL, { body: `<h1>Evil</h1><iframe title="x" src="${address}"></iframe>` }));
      await page.waitForTimeout(1000);
      assert.equal(await frame(page).locator('#ob-connect, .ob-overview').count(), 0);
      assert.equal(await asked(), before);
      assert.throws(() => guard.verify(), /frame-ancestors/);
      guard.forgive();
    }));

  test('may open the window, and is told nothing of what it says', () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await page.goto(elsewhere.page(EVIL, { body: '<h1>Evil</h1>' }));
      const opened = page.waitForEvent('popup');
      await page.evaluate((address) => {
        window.heard = [];
        window.addEventListener('message', ({ data }) => window.heard.push(data));
        window.opened = window.open(address);
      }, `${here.demo.portal}/connect/birkerup`);
      const popup = await opened;
      // It is led on by a page of ours that keeps nobody: the citizen is told where to press instead.
      await popup.waitForURL('**/auth/logged-in');
      await page.waitForTimeout(300);
      assert.deepEqual(await page.evaluate(() => window.heard), []);
    }));
});

describe('accessibility', () => {
  for (const [named, viewport] of [['on a screen', undefined], ['on a telephone', PHONE]]) {
    test(`every page and state ${named}`, () =>
      here.visit({ viewport }, async ({ context, guard, page }) => {
        await visitMunicipality(page);
        await assertAccessible({ page, guard }, 'the button');
        const login = await press(page);
        await login.setViewportSize(viewport ?? { width: 640, height: 800 });
        for (const lang of ['en', 'da']) {
          await login.goto(`/connect/birkerup?lang=${lang}`);
          await assertAccessible({ page: login, guard }, `the offer to log in, ${lang}`);
          await assertNoSidewaysScroll({ page: login }, `the offer to log in, ${lang}`);
        }
        await login.locator('main').getByRole('link', { name: 'Log ind' }).click();
        await chooseCitizen(login, 'family-signe');
        await login.getByText('Luk dette vindue').waitFor();
        await assertAccessible({ page: login, guard }, 'after login');
        await login.close();
        const popup = await press(page);
        await popup.setViewportSize(viewport ?? { width: 640, height: 800 });
        await assertAccessible({ page: popup, guard }, 'the question');
        await assertNoSidewaysScroll({ page: popup }, 'the question');
        await popup.getByRole('link', { name: 'English' }).click();
        await popup.getByRole('button', { name: 'Show it' }).waitFor();
        await assertAccessible({ page: popup, guard }, 'the question in English');
        await popup.getByRole('button', { name: 'Show it' }).click();
        await sections(page).waitFor();
        await assertAccessible({ page, guard }, 'the sections');
        await assertNoSidewaysScroll({ page }, 'the sections');
        assert.equal(context.pages().length, 1);
      }));
  }
});
