// What other sites can make a citizen's browser send starts nothing and changes nothing (requirements R33 and R34).
//
// The portal is visited as `portal.overblik.localhost`, through a door that writes down what came and how it was answered;
// the browser itself does not tell of answers that it keeps from a page. Names under `localhost` are this machine and count
// as secure, and `evil.overblik.localhost` is then a sibling of the portal, whose requests carry the strict session
// cookie. At `127.0.0.1` is a wholly different site.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Door } from './harness/door.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { SESSION_COOKIE, beginLogin, chooseCitizen, logIn } from './harness/pages.mjs';
import { setting } from './harness/setting.mjs';

const here = setting();

/** Pages of somebody who means ill. */
let elsewhere;
let door;
let portal;
before(async () => {
  door = await Door.open(() => here.demo.portal);
  portal = door.at('portal.overblik.localhost');
  elsewhere = await Elsewhere.open();
});
after(() => {
  elsewhere?.close();
  door?.close();
});

const OTHERS = [
  { named: 'another site', host: '127.0.0.1', sendsCookie: false },
  { named: 'a sibling subdomain', host: 'evil.overblik.localhost', sendsCookie: true },
];

const evilPage = (host, body) => elsewhere.page(host, { body });

/** Somebody logged in, also at the portal's name that has siblings. */
async function victim(body) {
  await here.demo.calm();
  const context = await here.browser.newContext({ baseURL: here.demo.portal, locale: 'da-DK' });
  try {
    const page = await context.newPage();
    await logIn(page, 'family-signe');
    const session = (await context.cookies()).find(({ name }) => name === SESSION_COOKIE);
    const { name, value } = session;
    // A secure cookie is set by a secure address; names under `localhost` get it over http too.
    const url = `${portal.replace('http:', 'https:')}/`;
    await context.addCookies([{ name, value, url, httpOnly: true, secure: true, sameSite: 'Strict' }]);
    door.forget();
    await body(page);
  } finally {
    await context.close();
  }
}

async function assertStillLoggedIn(page) {
  await page.goto(`${portal}/`);
  assert.equal(await page.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
}

describe('requests that other pages cause', () => {
  test('r33 control: the portal itself reads the overview, and its page is shown', () =>
    victim(async (page) => {
      await assertStillLoggedIn(page);
      const status = await page.evaluate(async () => (await fetch('/api/v1/overview')).status);
      assert.equal(status, 200);
      assert.ok((await door.answerTo('/api/v1/overview')).hasSession);
      const changes = await page.evaluate(async () => {
        const statuses = [];
        for (const headers of [{}, { 'X-Overblik-CSRF': '1' }]) {
          statuses.push((await fetch('/api/v1/session', { method: 'DELETE', headers })).status);
        }
        return statuses;
      });
      assert.deepEqual(changes, [403, 405], 'without the header it is refused, with it the route has no such method');
    }));

  for (const { named, host, sendsCookie } of OTHERS) {
    const ways = {
      'an image': (target) => `<img alt="" src="${target}">`,
      'a script': (target) => `<script src="${target}"></script>`,
      'a frame': (target) => `<iframe title="x" src="${target}"></iframe>`,
      'a fetch': (target) => `<script>fetch('${target}', { mode: 'no-cors', credentials: 'include' }).catch(() => {})</script>`,
    };
    test(`r33 ${named} starts nothing by an image, a script, a frame or a fetch`, () =>
      victim(async (page) => {
        for (const [way, write] of Object.entries(ways)) {
          for (const path of ['/', '/api/v1/overview']) {
            door.forget();
            await page.goto(evilPage(host, write(`${portal}${path}`)));
            const answer = await door.answerTo(path);
            const what = `${path} by ${way}: ${JSON.stringify(answer)}`;
            assert.equal(answer.hasSession, sendsCookie, what);
            // Without the cookie the page is everybody's front page, which starts nothing either.
            const harmless = path === '/' ? 200 : 401;
            assert.equal(answer.status, sendsCookie ? 403 : harmless, what);
          }
        }
        await assertStillLoggedIn(page);
      }));

    test(`r33 ${named} changes nothing by a form of any kind`, () =>
      victim(async (page) => {
        for (const path of ['/auth/logout', '/api/v1/session']) {
          for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
            door.forget();
            const field = `<input name='{"a":"' value='"}'>`;
            const form = `<form method="post" enctype="${type}" action="${portal}${path}">${field}<button>go</button></form>`;
            await page.goto(evilPage(host, form));
            await page.getByRole('button').click();
            const answer = await door.answerTo(path);
            assert.equal(answer.status, 403, `${path} as ${type}: ${JSON.stringify(answer)}`);
          }
        }
        await assertStillLoggedIn(page);
      }));

    test(`r33 ${named} cannot log anybody out from a sandboxed frame, whose origin is null`, () =>
      victim(async (page) => {
        const form = `<form method=post action=${portal}/auth/logout></form><script>document.forms[0].submit()</script>`;
        const frame = `<iframe title="x" sandbox="allow-scripts allow-forms" srcdoc="${form}"></iframe>`;
        await page.goto(evilPage(host, frame));
        assert.equal((await door.answerTo('/auth/logout')).status, 403);
        await assertStillLoggedIn(page);
      }));
  }
});

describe('a login that somebody else began', () => {
  test("r34 an attacker's callback gives the victim's browser no session, and takes none away", async () => {
    const attacker = await here.browser.newContext({ baseURL: here.demo.portal });
    const theirs = await attacker.newPage();
    // The devtools stop a redirect on its way: the code is given out and not used.
    const devtools = await attacker.newCDPSession(theirs);
    const kept = new Promise((settle) => {
      devtools.on('Fetch.requestPaused', async ({ requestId, request }) => {
        settle(request.url);
        await devtools.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
      });
    });
    await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*/auth/callback?*' }] });
    await beginLogin(theirs);
    await chooseCitizen(theirs, 'twins-tove').catch(() => {});
    const callback = await kept;
    assert.match(callback, /[?&]code=/, 'the attacker has a callback with a code');
    await attacker.close();

    const nobody = await here.browser.newContext({ baseURL: here.demo.portal });
    const page = await nobody.newPage();
    assert.equal((await page.goto(callback)).status(), 400);
    assert.ok(!(await nobody.cookies()).some(({ name }) => name === SESSION_COOKIE));
    await nobody.close();

    await victim(async (own) => {
      await own.goto(callback);
      await own.goto('/');
      assert.equal(await own.locator('.citizen-name').innerText(), 'Signe Eksempelsen');
    });
  });
});
