// The guard that all the other tests rely on does see what it is there to see.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

const ICON = '<link rel="icon" href="data:,">';
const PAGES = {
  '/good': { html: `${ICON}<p>good` },
  '/violation': { html: `${ICON}<p style="color: red">violation`, policy: "default-src 'none'; img-src data:" },
  '/foreign': { html: `${ICON}<img alt="" src="http://elsewhere.example/picture.png">` },
  '/script': { html: `${ICON}<script>missing()</script>` },
};

let server;
let origin;
before(async () => {
  server = createServer((request, response) => {
    const { html, policy } = PAGES[new URL(request.url, 'http://x').pathname];
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (policy) response.setHeader('content-security-policy', policy);
    response.end(`<!doctype html><html lang="en"><title>Specimen</title>${html}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const look = (path, script) =>
  here.visit({ script }, async ({ page }) => {
    await page.goto(`${origin}${path}`);
    // Complaints reach the guard by another way than the end of loading.
    await page.waitForTimeout(200);
  });

for (const { script, named } of BROWSERS) {
  describe(`guard ${named}`, () => {
    test('a good page passes', () => look('/good', script));
    test('a breach of the content security policy does not', () =>
      assert.rejects(look('/violation', script), /Content Security Policy/));
    test('a request to another machine does not', () =>
      assert.rejects(look('/foreign', script), /request to another machine/));
    test('an address with the number of a person does not', () =>
      assert.rejects(look(`/good?number=${['610101', '0001'].join('-')}`, script), /number of a person/));
  });
}

test('an error in a script does not pass the guard', () => assert.rejects(look('/script', true), /missing/));
