// What other sites learn from a citizen's visit: the addresses they are asked for and the pages that the browser says it
// comes from (requirement R62). The authorities' own sites are a server of this file, which the browser finds under their
// names; a sibling and another site are others; what the identity provider is sent, the browser's network stack tells.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { startChromium } from './harness/chromium.mjs';
import { Demo, NUMBER_OF_A_PERSON } from './harness/demo.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { DIRECT_LINK, WORDS, beginLogin, chooseCitizen, complete, logIn, logOut, openOverview } from './harness/pages.mjs';
import { BROWSERS } from './harness/setting.mjs';

const SIBLING = 'evil.localhost';

/** Words of the citizen whose visit it is: who they are, and what their pages say. */
const PERSONAL = [/signe/i, /eksempelsen/i, /traktor/i, NUMBER_OF_A_PERSON];

let authorities;
let elsewhere;
let demo;
let browser;
before(async () => {
  authorities = await Elsewhere.open(certificate());
  elsewhere = await Elsewhere.open();
  demo = await Demo.start();
  browser = await startChromium({ authorities: authorities.port });
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  authorities?.close();
  elsewhere?.close();
});

/** A key and a certificate of nobody, for a day. */
function certificate() {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=authorities -keyout - -out -';
  const pem = execFileSync('openssl', words.split(' '), { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return { key: pem, cert: pem };
}

/** A visit whose every request is written down as it left the browser. */
async function visit(script, body) {
  await demo.calm();
  const context = await browser.newContext({
    baseURL: demo.portal,
    ignoreHTTPSErrors: true,
    javaScriptEnabled: script,
    locale: 'da-DK',
  });
  context.setDefaultTimeout(15_000);
  try {
    const page = await context.newPage();
    const sent = { addresses: [], referrers: [] };
    const devtools = await context.newCDPSession(page);
    devtools.on('Network.requestWillBeSent', ({ request }) => {
      if (request.url.startsWith('http')) sent.addresses.push(request.url);
    });
    // The headers as they go out, which the page's own account of a request does not have.
    devtools.on('Network.requestWillBeSentExtraInfo', ({ headers }) => {
      const { host, referer } = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      sent.referrers.push({ host, referer });
    });
    await devtools.send('Network.enable');
    await body({ context, page });
    return sent;
  } finally {
    await context.close();
  }
}

/** An address as it is written, as it reads decoded, and with whatever it holds in base64. */
function readings(address) {
  const decoded = decodeURIComponent(address.replaceAll('+', ' ').replaceAll('%', (sign, at) => (/^%[0-9a-f]{2}/i.test(address.slice(at)) ? '%' : '%25')));
  const packed = decoded.match(/[A-Za-z0-9_-]{12,}/g) ?? [];
  return [address, decoded, ...packed.map((text) => Buffer.from(text, 'base64url').toString('latin1'))];
}

function assertNothingPersonal(address) {
  for (const reading of readings(address)) {
    for (const pattern of PERSONAL) assert.doesNotMatch(reading, pattern, address);
  }
}

/** Nobody but the portal itself hears which of its pages the browser came from. */
function assertTellsNobody({ host, referer }) {
  if (!referer) return;
  if (new URL(referer).origin === demo.portal) assert.equal(host, new URL(demo.portal).host, `${host} was told of ${referer}`);
  assertNothingPersonal(referer);
}

function assertAllTellNobody({ addresses, referrers }) {
  for (const address of addresses) assertNothingPersonal(address);
  for (const sent of referrers) assertTellsNobody(sent);
}

/** What servers of ours received, in the same form. */
const asSent = (received) => ({
  addresses: received.map(({ address }) => address),
  referrers: received.map(({ address, referer }) => ({ host: new URL(address).host, referer })),
});

/** The links of the overview that lead to other sites. */
const linksAway = (page) => page.locator('a[href^="https:"]').evaluateAll((links) => links.map((link) => link.href));

test('r62 control: these tests see a referrer where one is sent, and a number however it is packed', async () => {
  const page = elsewhere.page(SIBLING, { body: '<a href="https://www.birkerup.example/control?who=signe">go</a>' });
  const sent = await visit(true, async ({ page: tab }) => {
    await tab.goto(page);
    await tab.getByRole('link').click();
    await tab.getByRole('heading').waitFor();
  });
  const { address, referer } = authorities.received.find((request) => request.address.includes('/control'));
  assert.equal(referer, `${elsewhere.origin(SIBLING)}/`);
  assert.ok(sent.referrers.some((header) => header.host === 'www.birkerup.example' && header.referer === referer));
  assert.throws(() => assertNothingPersonal(address));
  const number = '0'.repeat(10);
  for (const text of [number, number.replace(/^.{6}/, '$&-'), Buffer.from(`x ${number}`).toString('base64url')]) {
    assert.throws(() => assertNothingPersonal(`https://www.birkerup.example/${encodeURIComponent(text)}`), text);
  }
});

for (const { script, named } of BROWSERS) {
  describe(`what other sites learn ${named}`, () => {
    test('r62 from login to logout no address and no referrer tells anybody of the citizen, and no site of our pages', async () => {
      authorities.received.length = 0;
      const sent = await visit(script, async ({ page }) => {
        // Arriving from elsewhere, by a link that keeps a choice of ours.
        await page.goto(elsewhere.page(SIBLING, { body: `<a href="${demo.portal}/?lang=da">go</a>` }));
        await page.getByRole('link').click();
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).click();
        await chooseCitizen(page, 'family-signe');
        await complete(page);
        for (const link of await linksAway(page)) {
          // Some are folded away.
          await page.locator('details').evaluateAll((folds) => folds.forEach((fold) => (fold.open = true)));
          await page.locator(`a[href="${link}"]`).first().click();
          await page.waitForURL(link);
          await page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
          await openOverview(page);
        }
        await page.locator('a[hreflang=en]').click();
        await complete(page);
        await logOut(page);
      });
      for (const direct of Object.values(DIRECT_LINK)) {
        assert.ok(authorities.received.some(({ address }) => address === direct), `${direct} was visited`);
      }
      assert.ok(authorities.received.length > 3);
      for (const request of authorities.received) {
        assert.ok(!request.referer?.startsWith(demo.portal), `${request.address} was told of ${request.referer}`);
      }
      const provider = sent.addresses.filter((address) => address.startsWith('http://127.0.0.1'));
      assert.ok(provider.some((address) => address.includes('/authorize?')), 'the provider was asked for a login');
      assert.ok(provider.some((address) => address.includes('post_logout_redirect_uri')), 'and for its end');
      assert.ok(sent.referrers.some(({ referer }) => referer?.startsWith(demo.portal)), 'the portal hears it itself');
      for (const all of [sent, asSent(authorities.received), asSent(elsewhere.received)]) assertAllTellNobody(all);
    });

    test('r62 logins that are refused or cancelled tell no more', async () => {
      const sent = await visit(script, async ({ page }) => {
        for (const [citizen, level] of [['numberless-nina'], ['family-signe', 'low']]) {
          await beginLogin(page);
          await chooseCitizen(page, citizen, level);
          await page.waitForURL('**/auth/callback?**');
        }
        await beginLogin(page);
        await page.getByRole('button', { name: 'Afbryd login' }).click();
        await page.waitForURL('**/auth/callback?**');
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).click();
        await page.waitForURL((url) => url.hostname === '127.0.0.1');
      });
      assert.ok(sent.addresses.length > 10);
      assertAllTellNobody(sent);
      for (const address of sent.addresses) assert.doesNotMatch(address, /nina/i);
    });
  });
}

test('r62 the policy alone keeps the page to itself, whatever leads away from it', async () => {
  authorities.received.length = 0;
  await visit(true, async ({ context, page }) => {
    await logIn(page, 'family-signe');
    for (const way of ['link', 'new tab', 'script', 'window']) {
      const address = `https://www.birkerup.example/${encodeURIComponent(way)}`;
      await openOverview(page, '/?lang=da');
      const arrived = way === 'link' || way === 'script' ? undefined : context.waitForEvent('page');
      await page.evaluate(
        ({ address, way }) => {
          if (way === 'script') location.assign(address);
          else if (way === 'window') open(address);
          else {
            // As our links are, without what they say themselves against referrers.
            const link = Object.assign(document.createElement('a'), { href: address });
            if (way === 'new tab') link.target = '_blank';
            document.body.append(link);
            link.click();
          }
        },
        { address, way },
      );
      const there = (await arrived) ?? page;
      await there.waitForURL(address);
      const asked = authorities.received.filter((request) => request.address === address);
      assert.deepEqual(asked.map(({ referer }) => referer), [undefined], way);
    }
  });
});
