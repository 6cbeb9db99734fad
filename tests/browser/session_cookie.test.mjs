// The session cookie belongs to browser and gateway alone: neither a script in our own page nor a sibling host reads,
// sets, changes or removes it (requirement R17). What counts is what arrives at the gateway, so the door writes it down.
//
// Cookies know no ports: the door at `localhost` is sent what the portal at `localhost` gave. The portal's other name,
// `portal.overblik.localhost`, has a sibling.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Door } from './harness/door.mjs';
import { Elsewhere } from './harness/elsewhere.mjs';
import { SESSION_COOKIE, logIn } from './harness/pages.mjs';
import { setting } from './harness/setting.mjs';

const here = setting();

const FAMILY = 'overblik.localhost';
const PORTAL = `portal.${FAMILY}`;
const SIBLING = `evil.${FAMILY}`;

let door;
let elsewhere;
before(async () => {
  door = await Door.open(() => here.demo.portal);
  elsewhere = await Elsewhere.open();
});
after(() => {
  door?.close();
  elsewhere?.close();
});

/** As long and of the same letters as a session's: the gateway would take it for one. */
const PLANTED = 'planted'.padEnd(86, 'A');

/** The name as browsers and servers may confuse it. Nameless cookies are sent as their value alone. */
const NAMES = [
  SESSION_COOKIE,
  SESSION_COOKIE.toLowerCase(),
  SESSION_COOKIE.toUpperCase(),
  '__host-Http-overblik',
  '__Host-http-overblik',
  '__HOST-HTTP-overblik',
  ` ${SESSION_COOKIE}`,
  `${SESSION_COOKIE} `,
  `\t${SESSION_COOKIE}`,
  `=${SESSION_COOKIE}`,
  `= ${SESSION_COOKIE.toLowerCase()}`,
];

/** The attributes under which a cookie may be tried. */
const attributes = (domain) => [
  '',
  '; Path=/',
  '; Path=/api',
  '; Path=/; Secure',
  '; Path=/; Secure; HttpOnly',
  '; Path=/; Secure; HttpOnly; SameSite=Strict',
  '; Path=/; Secure; SameSite=None',
  '; Path=/; Secure; SameSite=None; Partitioned',
  '; Path=/; Secure; Max-Age=0',
  '; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  `; Path=/; Domain=${domain}`,
  `; Path=/; Secure; Domain=${domain}`,
  `; Path=/api/v1; Secure; HttpOnly; Domain=${domain}`,
];

/** Every attempt, as a header or a script would write it. */
const attempts = (domain) => NAMES.flatMap((name) => attributes(domain).map((rest) => `${name}=${PLANTED}${rest}`));

/** What a script of a page can try, and what it can read afterwards. */
async function tryByScript(page, lines) {
  return page.evaluate(
    async ({ lines, session, planted }) => {
      for (const line of lines) document.cookie = line;
      const quietly = (attempt) => attempt.then(() => undefined, (error) => error.name);
      for (const name of [session, session.toLowerCase(), session.toUpperCase()]) {
        for (const rest of [{}, { path: '/' }, { path: '/', sameSite: 'lax' }, { path: '/', partitioned: true }]) {
          await quietly(cookieStore.set({ name, value: planted, ...rest }));
          await quietly(cookieStore.delete({ name, ...rest }));
        }
      }
      // On a busy machine the store may be a moment behind what the document knows.
      const known = () => document.cookie.split('; ').filter(Boolean).length;
      let seen = await cookieStore.getAll();
      for (let looks = 0; looks < 100 && seen.length < known(); looks += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        seen = await cookieStore.getAll();
      }
      return { text: document.cookie, store: seen.map(({ name, value }) => `${name}=${value}`) };
    },
    { lines, session: SESSION_COOKIE, planted: PLANTED },
  );
}

const isOfOurName = ({ name, value }) => `${name}=${value}`.toLowerCase().includes('overblik=');

/** What the gateway is sent by the page at an origin, to its page and to its API. */
async function arriving(page, origin) {
  door.forget();
  await page.goto(`${origin}/`);
  await page.evaluate(async () => (await fetch('/api/v1/overview')).arrayBuffer());
  const asked = [await door.answerTo('/'), await door.answerTo('/api/v1/overview')];
  return asked.map(({ status, cookies }) => ({ status, cookies }));
}

/** Nothing that was planted arrives; what was there before and the harmless neighbour do. */
function assertArrives(asked, session) {
  for (const { status, cookies } of asked) {
    assert.deepEqual(
      cookies.filter(isOfOurName),
      session ? [{ name: SESSION_COOKIE, value: session }] : [],
      `status ${status}: ${JSON.stringify(cookies)}`,
    );
    assert.ok(!JSON.stringify(cookies).includes(PLANTED.slice(0, 20)), JSON.stringify(cookies));
    const plain = cookies.filter(({ name }) => name === 'plain');
    assert.deepEqual(plain, [{ name: 'plain', value: 'arrives' }], 'control: a plain cookie arrives');
  }
  const [page, api] = asked;
  assert.deepEqual([page.status, api.status], session ? [200, 200] : [200, 401]);
}

const sessionIn = async (context) => {
  const found = (await context.cookies()).filter(({ name }) => name.toLowerCase() === SESSION_COOKIE.toLowerCase());
  assert.ok(found.length < 2, JSON.stringify(found));
  return found[0]?.value;
};

/** Somebody logged in, also at the portal's name that has siblings. */
async function logInAtBothNames(context, page) {
  await logIn(page, 'family-signe');
  const value = await sessionIn(context);
  // A secure cookie is set by a secure address; names under `localhost` get it over http too.
  const url = door.at(PORTAL).replace('http:', 'https:');
  await context.addCookies([{ name: SESSION_COOKIE, value, url, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  return value;
}

describe('a script in a page of ours', () => {
  test('r17 cannot read the session cookie, while it reads a plain one', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const session = await sessionIn(context);
      const read = await tryByScript(page, ['plain=arrives; Path=/']);
      assert.deepEqual(read, { text: 'plain=arrives', store: ['plain=arrives'] });
      const named = await page.evaluate(async (name) => (await cookieStore.get(name)) ?? 'none', SESSION_COOKIE);
      assert.equal(named, 'none');
      assert.ok(!JSON.stringify(await page.evaluate(() => [document.cookie, { ...localStorage }])).includes(session));
    }));

  test('r17 cannot change or remove the session cookie under any spelling of its name', () =>
    here.visit({}, async ({ context, page }) => {
      await logIn(page, 'family-signe');
      const session = await sessionIn(context);
      await page.goto(door.at('localhost'));
      await tryByScript(page, [...attempts('localhost'), 'plain=arrives; Path=/']);
      assert.equal(await sessionIn(context), session, 'the browser holds the same one');
      assertArrives(await arriving(page, door.at('localhost')), session);
    }));

  test('r17 cannot give a stranger a session cookie under any spelling of its name', () =>
    here.visit({}, async ({ context, guard, page }) => {
      guard.expectStatus(401);
      await page.goto(door.at('localhost'));
      const read = await tryByScript(page, [...attempts('localhost'), 'plain=arrives; Path=/']);
      assert.deepEqual(read, { text: 'plain=arrives', store: ['plain=arrives'] }, 'nothing else was kept');
      assert.equal(await sessionIn(context), undefined);
      assertArrives(await arriving(page, door.at('localhost')), undefined);
    }));

  test('r17 cannot put another in its place by crowding it out of the browser', () =>
    here.visit({}, async ({ context, guard, page }) => {
      guard.expectStatus(401);
      await logIn(page, 'family-signe');
      const session = await sessionIn(context);
      await page.goto(door.at('localhost'));
      const crowd = Array.from({ length: 400 }, (_, number) => `crowd-${number}=x; Path=/; Secure`);
      await tryByScript(page, [...crowd, ...attempts('localhost')]);
      // Whether the cookie survives is the browser's affair; another one never takes its place.
      for (const { cookies } of await arriving(page, door.at('localhost'))) {
        assert.ok(cookies.some(({ name }) => name.startsWith('crowd-')), 'control: the crowd arrives');
        for (const cookie of cookies.filter(isOfOurName)) assert.deepEqual(cookie, { name: SESSION_COOKIE, value: session });
      }
    }));
});

describe('a sibling host', () => {
  /** A page of the sibling that sets every attempt by its own answers, some at a time, and then by its script. */
  async function trySibling(page, lines) {
    for (let from = 0; from < lines.length; from += 40) {
      await page.goto(elsewhere.page(SIBLING, { cookies: lines.slice(from, from + 40) }));
    }
    await tryByScript(page, lines);
    await page.goto(elsewhere.page(SIBLING, { cookies: [`plain=arrives; Path=/; Domain=${FAMILY}`] }));
  }

  test('r17 cannot change or remove the session cookie, while a plain one of its own arrives', () =>
    here.visit({}, async ({ context, page }) => {
      const session = await logInAtBothNames(context, page);
      await trySibling(page, attempts(FAMILY));
      assertArrives(await arriving(page, door.at(PORTAL)), session);
    }));

  test('r17 cannot give a stranger a session cookie, while a plain one of its own arrives', () =>
    here.visit({}, async ({ guard, page }) => {
      guard.expectStatus(401);
      await trySibling(page, attempts(FAMILY));
      assertArrives(await arriving(page, door.at(PORTAL)), undefined);
    }));

  test("r17 cannot do it on the way of a redirect to us, nor for the portal's own name", () =>
    here.visit({}, async ({ context, page }) => {
      const session = await logInAtBothNames(context, page);
      const cookies = [...attempts(PORTAL).slice(0, 60), `plain=arrives; Path=/; Domain=${FAMILY}`];
      await page.goto(elsewhere.page(SIBLING, { cookies, location: `${door.at(PORTAL)}/` }));
      assertArrives(await arriving(page, door.at(PORTAL)), session);
    }));
});
