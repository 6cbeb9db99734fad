// Arriving by a link from another site. A strict cookie is not sent along then, and still nobody who is logged in may
// ever be told that they are not.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { WORDS, assertAnswered, complete, logIn } from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** Somebody else's page, at an address whose site is not the portal's, with a link to it. */
let elsewhere;
let server;
before(async () => {
  server = createServer((request, response) => {
    const path = new URL(request.url, 'http://elsewhere').searchParams.get('to') ?? '/';
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      `<!doctype html><html lang="da"><title>Elsewhere</title><link rel="icon" href="data:,">` +
        `<p><a href="${here.demo.portal}${path}">overview</a></p>`,
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  elsewhere = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

/**
 * Collects every page that the portal sends from now on, as its address and its words, however briefly it is shown:
 * each is read before the browser gets it, as a browser forgets a page that leads on at once.
 */
async function collectPages(context, page) {
  const pages = [];
  const devtools = await context.newCDPSession(page);
  devtools.on('Fetch.requestPaused', async ({ requestId, request, responseStatusCode }) => {
    if (request.url.startsWith(here.demo.portal) && responseStatusCode === 200) {
      const { body, base64Encoded } = await devtools.send('Fetch.getResponseBody', { requestId });
      pages.push({ url: request.url, html: base64Encoded ? Buffer.from(body, 'base64').toString() : body });
    }
    await devtools.send('Fetch.continueResponse', { requestId });
  });
  await devtools.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Response' }] });
  return pages;
}

async function assertArrives(context, page, follow) {
  const pages = await collectPages(context, page);
  await follow();
  await complete(page);
  assert.equal(await page.locator('h1').innerText(), WORDS.da.overview);
  await assertAnswered(page, 'library');
  assert.ok(pages.length === 1 || pages.length === 2, `no loop: ${pages.map(({ url }) => url).join(' ')}`);
  for (const { url, html } of pages) {
    assert.ok(!html.includes('/auth/login'), `${url} offers no login`);
    assert.ok(!html.includes(WORDS.da.loggedOut), `${url} does not say "logged out"`);
  }
}

for (const { script, named } of BROWSERS) {
  describe(`arrival ${named}`, () => {
    test('a link on the control page leads somebody logged in straight to the overview', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        await page.goto(here.demo.control);
        await assertArrives(context, page, () => page.locator(`a[href="${here.demo.portal}"]`).click());
      }));

    test("a link on somebody else's page leads somebody logged in straight to the overview, more than once", () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        for (let time = 0; time < 2; time += 1) {
          await page.goto(elsewhere);
          await assertArrives(context, page, () => page.getByRole('link').click());
        }
      }));

    test('a link from another site keeps the language that it asks for', () =>
      here.visit({ script }, async ({ context, page }) => {
        await logIn(page, 'family-signe');
        await page.goto(`${elsewhere}/?to=${encodeURIComponent('/?lang=en')}`);
        await page.getByRole('link').click();
        await complete(page);
        assert.equal(await page.locator('h1').innerText(), WORDS.en.overview);
      }));

    test('somebody not logged in who follows a link from another site meets the landing page, never "logged in"', () =>
      here.visit({ script }, async ({ context, page }) => {
        const pages = await collectPages(context, page);
        await page.goto(elsewhere);
        await page.getByRole('link').click();
        await page.locator('main').getByRole('link', { name: WORDS.da.logIn, exact: true }).waitFor();
        assert.ok(pages.length === 1 || pages.length === 2, `no loop: ${pages.map(({ url }) => url).join(' ')}`);
        for (const { html } of pages) assert.doesNotMatch(html, /er logget ind/);
      }));
  });
}
