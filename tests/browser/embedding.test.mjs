// The overview on a municipality's own site: every way of docs/portals.md, across real origins of different sites, in a
// browser that sends no cookie of one site on the other's pages (requirements R67 to R69).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { chooseCitizen, logIn } from './harness/pages.mjs';
import { PHONE, setting } from './harness/setting.mjs';

const here = setting();

let elsewhere;
before(async () => {
  elsewhere = await Elsewhere.open();
});
after(() => elsewhere?.close());

/** Words of the payments, which the municipality may not show. */
const NOT_SHOWN = ['Daginstitution, næste måned'];

/** Each way: its page, and where on it the overview is. */
const WAYS = [
  { named: 'ready HTML', path: '/fragments', inside: (page) => page.locator('.ob-overview') },
  { named: 'the component with data from the portal\'s server', path: '/component', inside: (page) => page.locator('overblik-overview .content') },
  { named: 'the component with a token', path: '/component-by-token', inside: (page) => page.locator('overblik-overview .content') },
  { named: 'a frame', path: '/frame', inside: (page) => page.frameLocator('iframe').frameLocator('iframe:not([hidden])').locator('.ob-overview') },
];

/** Logs in on the municipality's site, with its own button. */
async function logInThere(page, citizen = 'family-signe') {
  await page.goto(here.demo.municipality);
  await page.getByRole('link', { name: 'Log ind' }).click();
  await page.locator(`button.person[value=${citizen}]`).waitFor();
  await chooseCitizen(page, citizen);
  await page.getByRole('button', { name: 'Log ud' }).waitFor();
}

/** What the gateway is asked from now on, with the headers that really leave the browser. */
async function questionsTo(context, origin) {
  const asked = [];
  context.on('request', (request) => {
    if (new URL(request.url()).origin === origin) asked.push(request);
  });
  return asked;
}

/** Opens a way and waits for its sections. */
async function open(page, { path, inside }) {
  await page.goto(`${here.demo.municipality}${path}`);
  await inside(page).locator('[data-source=daycare], .section').first().waitFor();
  return inside(page).first().innerText();
}

describe('every way', () => {
  for (const way of WAYS) {
    test(`${way.named} shows what the portal may show, and nothing else`, () =>
      here.visit({}, async ({ page }) => {
        await logInThere(page);
        const text = await open(page, way);
        for (const words of ['Birkerup', 'Lån (3)']) assert.ok(text.includes(words), `${words} in:\n${text}`);
        for (const words of NOT_SHOWN) assert.ok(!text.includes(words), `${words} in:\n${text}`);
      }));

    test(`${way.named} needs no cookie of the gateway's, and sends none`, () =>
      here.visit({}, async ({ context, page }) => {
        // There is a session at the gateway, of somebody else: it must not get into the portal's page.
        await logIn(page, 'overdue-laila');
        await logInThere(page);
        const asked = await questionsTo(context, here.demo.portal);
        const text = await open(page, way);
        assert.ok(text.includes('Lån (3)'), text);
        assert.ok(asked.length > 0, 'the gateway was asked for something');
        for (const request of asked) {
          const { cookie } = await request.allHeaders();
          assert.equal(cookie, undefined, request.url());
        }
        const kept = (await context.cookies()).filter(({ name }) => !name.startsWith('birkerup-') && !name.includes('overblik'));
        assert.deepEqual(kept, [], 'no way sets a cookie');
      }));

    test(`${way.named} tells truthfully of a source that fails`, () =>
      here.visit({}, async ({ page }) => {
        await here.demo.order('library', 'error');
        await logInThere(page);
        const text = await open(page, way);
        assert.ok(text.includes('så vi ved ikke, om den har noget om dig'), text);
        assert.ok(!text.includes('ikke registreret noget'), text);
      }));

    test(`${way.named} is accessible on a telephone`, () =>
      here.visit({ viewport: PHONE }, async (visitor) => {
        await logInThere(visitor.page);
        await open(visitor.page, way);
        await assertNoSidewaysScroll(visitor, way.named);
        await assertAccessible(visitor, way.named);
      }));

    test(`${way.named} shows nothing to somebody who is not logged in, but the way on`, () =>
      here.visit({}, async ({ page, guard }) => {
        guard.expectStatus(401);
        await page.goto(`${here.demo.municipality}${way.path}`);
        assert.equal(await page.getByRole('link', { name: 'Se hele dit overblik' }).getAttribute('href'), `${here.demo.portal}/`);
        assert.equal(await way.inside(page).count(), 0);
      }));
  }

  test('a frame leaves the way back as it was, and shows anew when the citizen comes forward again', () =>
    here.visit({}, async ({ page }) => {
      await logInThere(page);
      const before = await page.evaluate(() => history.length);
      await open(page, WAYS[3]);
      const update = page.frameLocator('iframe').getByRole('button', { name: 'Opdatér' });
      const again = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/embed/v1/frame'));
      await update.click();
      await again;
      await WAYS[3].inside(page).waitFor();
      assert.ok(await update.evaluate((button) => button.matches(':focus')), 'the citizen stays where they were');
      assert.equal(await page.evaluate(() => history.length), before + 1, 'one entry for the page, and none for what its frame shows');
      await page.goBack({ waitUntil: 'commit' });
      await page.waitForURL(`${here.demo.municipality}/`, { waitUntil: 'commit' });
      await page.getByRole('button', { name: 'Log ud' }).waitFor();
      await page.goForward({ waitUntil: 'commit' });
      await WAYS[3].inside(page).waitFor();
      assert.ok((await WAYS[3].inside(page).innerText()).includes('Lån (3)'));
    }));

  test('a link is one, and works without script', () =>
    here.visit({ script: false }, async ({ page }) => {
      await page.goto(`${here.demo.municipality}/link`);
      await page.getByRole('link', { name: 'Mit Overblik' }).click();
      await page.waitForURL(`${here.demo.portal}/`);
    }));

  test('ready HTML works without script', () =>
    here.visit({ script: false }, async ({ page }) => {
      await logInThere(page);
      assert.ok((await open(page, WAYS[0])).includes('Lån (3)'));
    }));
});

describe('after logout', () => {
  test('at the portal, a token that its page had opens nothing', () =>
    here.visit({}, async ({ page, guard }) => {
      await logInThere(page);
      const token = await tokenOf(page);
      assert.equal(await statusWith(page, token), 200);
      await page.getByRole('button', { name: 'Log ud' }).click();
      await page.getByRole('link', { name: 'Log ind' }).waitFor();
      guard.expectStatus(401);
      assert.equal(await statusWith(page, token), 401);
    }));

  test('the frame and the component say so when they are asked to show more', () =>
    here.visit({}, async ({ page, guard }) => {
      await logInThere(page);
      await open(page, WAYS[2]);
      const other = await page.context().newPage();
      await other.goto(here.demo.municipality);
      await other.getByRole('button', { name: 'Log ud' }).click();
      await other.getByRole('link', { name: 'Log ind' }).waitFor();
      guard.expectStatus(401);
      await page.locator('overblik-overview').evaluate((element) => element.reload());
      await page.getByText('Log ind igen for at se dit overblik her.').waitFor();
      assert.equal(await page.locator('overblik-overview .section').count(), 0, 'nothing of it stays');
    }));
});

/** An embed token of the page's, had as its own script has it. */
const tokenOf = (page) => page.evaluate(async () => (await (await fetch('/embed-token', { method: 'POST' })).json()).token);

/** How the gateway answers a script of this page that shows a token; nothing where the browser keeps the answer from it. */
const statusWith = (page, token) =>
  page.evaluate(
    ([gateway, shown]) =>
      fetch(`${gateway}/embed/v1/overview`, { headers: { authorization: `Bearer ${shown}` } }).then(
        ({ status }) => status,
        () => undefined,
      ),
    [here.demo.portal, token],
  );

describe('a site that is not registered', () => {
  const EVIL = 'evil.localhost';

  test('r69 gets nothing with a token that it stole', () =>
    here.visit({}, async ({ page, guard }) => {
      await logInThere(page);
      const token = await tokenOf(page);
      await page.goto(elsewhere.page(EVIL, { body: '<h1>Evil</h1>' }));
      assert.equal(await statusWith(page, token), undefined, 'the browser keeps the answer from its script');
      assert.throws(() => guard.verify(), /CORS/);
      guard.forgive();
    }));

  test('r67 gets no frame, and no source is asked', () =>
    here.visit({}, async ({ page, guard }) => {
      await logInThere(page);
      const token = await tokenOf(page);
      const before = await asked();
      const frame = `${here.demo.portal}/embed/v1/frame?portal=birkerup#token=${token}`;
      await page.goto(elsewhere.page(EVIL, { body: `<h1>Evil</h1><iframe title="x" src="${frame}"></iframe>` }));
      await page.waitForTimeout(1500);
      assert.equal(await page.frameLocator('iframe').locator('.ob-overview, #ob-token').count(), 0);
      assert.equal(await asked(), before);
      assert.throws(() => guard.verify(), /frame-ancestors/);
      guard.forgive();
    }));

  test('r69 gets no token from the portal\'s own server', () =>
    here.visit({}, async ({ page, guard }) => {
      await logInThere(page);
      await page.goto(elsewhere.page(EVIL, { body: '<h1>Evil</h1>' }));
      const got = await page.evaluate(
        (address) => fetch(address, { method: 'POST', credentials: 'include' }).then((answer) => answer.text(), () => 'kept from it'),
        `${here.demo.municipality}/embed-token`,
      );
      assert.equal(got, 'kept from it');
      guard.forgive();
    }));

  test('r69 may say what it likes to a frame: only the page around it is heard', () =>
    here.visit({}, async ({ page }) => {
      await logInThere(page);
      await open(page, WAYS[3]);
      const evil = elsewhere.page(EVIL, { body: '<h1>Evil</h1>' });
      const opened = page.waitForEvent('popup');
      await page.evaluate((address) => { window.evil = window.open(address); }, evil);
      const other = await opened;
      await other.waitForLoadState();
      const before = await page.locator('iframe').getAttribute('height');
      await other.evaluate(() => {
        for (const message of [{ type: 'overblik:token', token: 'a.b.c' }, { type: 'overblik:height', height: 9999 }, 'x', null]) {
          window.opener.postMessage(message, '*');
          window.opener.frames[0].postMessage(message, '*');
        }
      });
      await page.waitForTimeout(300);
      assert.equal(await page.locator('iframe').getAttribute('height'), before);
      assert.ok((await WAYS[3].inside(page).innerText()).includes('Lån (3)'));
    }));
});

/** Calls that the authorities have received, as the control page says. */
async function asked() {
  const page = await (await fetch(here.demo.control)).text();
  return [...page.matchAll(/(\d+) calls remembered/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
