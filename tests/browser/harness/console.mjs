// A console to work at: the demo's gateway with a registry and an admin listener, an identity provider for those who work
// here, and the programs that fill the registry through the API.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Guard } from './guard.mjs';

const CONTRACTS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'contracts', 'authorities');

/** Who can log in at the provider: what it calls them, their name, and what it says that they may. */
const PEOPLE = {
  lis: { name: 'Lis Lund', role: 'authority:birkerup-libraries' },
  ole: { name: 'Ole Olsen', role: 'authority:birkerup' },
  anna: { name: 'Anna Aagaard', role: 'operator' },
  bo: { name: 'Bo Berg', role: 'operator' },
};

const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A key that signs by ES256. */
class Key {
  constructor(kid) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.kid = kid;
    this.private = privateKey;
    this.public = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  }

  sign(type, claims) {
    const message = `${text({ alg: 'ES256', typ: type, kid: this.kid })}.${text(claims)}`;
    const signature = sign('sha256', Buffer.from(message), { key: this.private, dsaEncoding: 'ieee-p1363' });
    return `${message}.${signature.toString('base64url')}`;
  }
}

/** A free port of this machine. */
async function freePort() {
  const server = createServer();
  await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
  const { port } = server.address();
  await new Promise((settle) => server.close(settle));
  return port;
}

/** Where those who work here log in: by choosing who they are. */
class Provider {
  #server;
  #key = new Key('provider');
  #codes = new Map();

  static async start() {
    const provider = new Provider();
    provider.#server = createServer((request, response) => provider.#answer(request, response));
    await new Promise((settle) => provider.#server.listen(0, '127.0.0.1', settle));
    provider.issuer = `http://127.0.0.1:${provider.#server.address().port}`;
    return provider;
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.issuer);
    const json = (value) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(this.#metadata());
      case '/keys':
        return json({ keys: [this.#key.public] });
      case '/authorize': {
        const links = Object.entries(PEOPLE).map(([subject, { name }]) => {
          const query = new URLSearchParams({ ...Object.fromEntries(url.searchParams), subject });
          return `<li><a href="/choose?${query}">${name}</a></li>`;
        });
        response.setHeader('content-type', 'text/html; charset=utf-8');
        return response.end(`<!doctype html><html lang="da"><title>Login</title><link rel="icon" href="data:,"><ul>${links.join('')}</ul>`);
      }
      case '/choose': {
        const code = randomUUID();
        this.#codes.set(code, Object.fromEntries(url.searchParams));
        const query = new URLSearchParams({ code, state: url.searchParams.get('state'), iss: this.issuer });
        response.writeHead(303, { location: `${url.searchParams.get('redirect_uri')}?${query}` });
        return response.end();
      }
      case '/token': {
        let body = '';
        for await (const part of request) body += part;
        return json(this.#tokens(new URLSearchParams(body)));
      }
      default:
        response.writeHead(404);
        return response.end();
    }
  }

  #metadata() {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }

  #tokens(form) {
    const asked = this.#codes.get(form.get('code'));
    this.#codes.delete(form.get('code'));
    const verifier = createHash('sha256').update(form.get('code_verifier')).digest('base64url');
    assert.equal(verifier, asked.code_challenge, 'the code is redeemed by whoever asked for it');
    const { name, role } = PEOPLE[asked.subject];
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      aud: asked.client_id,
      sub: asked.subject,
      nonce: asked.nonce,
      iat: now,
      exp: now + 300,
      acr: 'https://data.gov.dk/concept/core/nsis/loa/Substantial',
      name,
      overblik_role: role,
    };
    return { access_token: randomUUID(), token_type: 'Bearer', expires_in: 60, id_token: this.#key.sign('JWT', claims) };
  }

  /** The token by which it tells that somebody logged out. */
  logoutToken(subject, audience) {
    const now = Math.floor(Date.now() / 1000);
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const claims = { iss: this.issuer, aud: audience, sub: subject, iat: now, exp: now + 120, jti: randomUUID(), events };
    return this.#key.sign('logout+jwt', claims);
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** The console's surroundings. */
export class ConsoleWorld {
  #provider;
  #folder;
  #keys = { anna: new Key('anna'), bo: new Key('bo'), 'birkerup-libraries/ci': new Key('ci') };

  static async prepare() {
    const world = new ConsoleWorld();
    world.#provider = await Provider.start();
    world.#folder = mkdtempSync(join(tmpdir(), 'overblik-console-'));
    const port = await freePort();
    world.origin = `http://localhost:${port}`;
    const operator = (name) => {
      const file = join(world.#folder, `${name}.json`);
      writeFileSync(file, JSON.stringify({ keys: [world.#keys[name].public] }));
      const at = `admin.operators.${name}`;
      return { [`${at}.name`]: PEOPLE[name].name, [`${at}.person`]: true, [`${at}.subject`]: name, [`${at}.keys_file`]: file };
    };
    const statistics = join(world.#folder, 'statistics');
    writeStatistics(statistics);
    world.settings = {
      'registry.directory': join(world.#folder, 'registry'),
      'statistics.directory': statistics,
      'sources.library.authority': 'birkerup-libraries',
      'sources.daycare.authority': 'birkerup',
      'sources.payments.authority': 'public-payments',
      'admin.listen': `127.0.0.1:${port}`,
      'admin.public_url': world.origin,
      'admin.login.issuer': world.#provider.issuer,
      'admin.login.client_id': 'console',
      'admin.login.client_secret': randomUUID(),
      ...operator('anna'),
      ...operator('bo'),
    };
    return world;
  }

  async #token(client) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: client, sub: client, aud: this.origin, iat: now, exp: now + 50, jti: randomUUID() };
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: this.#keys[client].sign('client-authentication+jwt', claims),
    });
    const answer = await this.#fetch('/admin/v1/token', { method: 'POST', body });
    return (await answer.json()).access_token;
  }

  /** What a program is answered by the API; it refuses browsers, whose headers `fetch` does not send all of. */
  async #fetch(path, options) {
    const answer = await fetch(`${this.origin.replace('localhost', '127.0.0.1')}${path}`, options);
    return answer;
  }

  async ask(client, method, path, condition, body) {
    const headers = { authorization: `Bearer ${await this.#token(client)}`, 'content-type': 'application/json', ...condition };
    return this.#fetch(`/admin/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  }

  async #seen(client, path) {
    return { 'if-match': (await this.ask(client, 'GET', path, {})).headers.get('etag') };
  }

  /** Puts the libraries on record, as one person proposes and another approves. */
  async registerLibraries() {
    const path = '/authorities/birkerup-libraries';
    const authority = {
      name: { da: 'Birkerup Bibliotekerne', en: 'Birkerup Libraries' },
      cvr: '90000026',
      domains: ['bibliotek.birkerup.example'],
      clients: { ci: { keys: [this.#keys['birkerup-libraries/ci'].public] } },
    };
    await succeeds(this.ask('anna', 'PUT', path, { 'if-none-match': '*' }, authority));
    await succeeds(this.ask('bo', 'POST', `${path}/approve`, await this.#seen('bo', path)));
  }

  /** Pushes the library's contract, with its text changed. */
  async push(change = (text) => text, status = 201) {
    const client = 'birkerup-libraries/ci';
    const known = await this.ask(client, 'GET', '/sources/library', {});
    const condition = known.ok ? { 'if-match': known.headers.get('etag') } : { 'if-none-match': '*' };
    const files = filesOf(join(CONTRACTS, 'birkerup-libraries', 'library'));
    const changed = { ...files, 'connector.yaml': change(files['connector.yaml']) };
    const answer = await this.ask(client, 'POST', '/sources/library/versions', condition, { files: changed });
    assert.equal(answer.status, status, await answer.text());
  }

  /** Tells the console, as the provider's server does, that somebody logged out there. */
  async logOutAtProvider(name) {
    const body = new URLSearchParams({ logout_token: this.#provider.logoutToken(name, 'console') });
    await succeeds(this.#fetch('/console/backchannel-logout', { method: 'POST', body }));
  }

  stop() {
    this.#provider.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function succeeds(asked) {
  const answer = await asked;
  assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
}

/** Days on which the library was called, for its page of statistics: most days of the last ten weeks, the last yesterday. */
function writeStatistics(directory) {
  mkdirSync(directory);
  for (let ago = 1; ago < 70; ago += ago % 7 === 3 ? 3 : 1) {
    const day = new Date(Date.now() - ago * 24 * 3600 * 1000).toISOString().slice(0, 10);
    const answered = 900 + ((ago * 373) % 800);
    const failed = ago % 9 === 2 ? 240 : ago % 4;
    const figures = {
      'call:answered': answered,
      'call:timed_out': 12,
      'call:failed': failed,
      'call:invalid': ago % 3,
      'call:ended': 5,
      whole: answered,
      with_data: Math.floor(answered / 2),
      'took:150': Math.floor(answered * 0.7),
      'took:600': Math.floor(answered * 0.27),
      'took:3000': answered - Math.floor(answered * 0.7) - Math.floor(answered * 0.27) + failed + (ago % 3),
      'took:5000': 12,
      'citizens:asked': 10,
      'citizens:answered': ago % 11 === 5 ? 7 : 10,
    };
    const line = { authority: 'birkerup-libraries', source: 'library', figures };
    writeFileSync(join(directory, `${day}.json`), JSON.stringify([line]));
  }
}

/** The texts of a folder's files by their paths in it. */
function filesOf(root) {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path), readFileSync(path, 'utf8')];
    }),
  );
}

/** Logs somebody in at the console. */
export async function logInAt(world, page, name) {
  await page.goto(`${world.origin}/console`);
  await page.locator('main').getByRole('link', { name: /^Log (ind|in)$/ }).click();
  await page.getByRole('link', { name: PEOPLE[name].name }).click();
  await page.waitForURL(`${world.origin}/console`);
  await page.locator('.citizen-name').waitFor();
}

/** Somebody at the console, in a browser of their own; nobody who is logged in, if they have no name. */
export async function atConsole(browser, world, name, { script = false, viewport, locale = 'da-DK', dark = false } = {}, body) {
  const colorScheme = dark ? 'dark' : 'light';
  const context = await browser.newContext({ baseURL: world.origin, javaScriptEnabled: script, locale, viewport, colorScheme });
  context.setDefaultTimeout(20_000);
  const guard = new Guard(context);
  try {
    const page = await context.newPage();
    if (name) await logInAt(world, page, name);
    await body(page, guard);
    guard.verify();
  } finally {
    await context.close();
  }
}

/** Opens the form under these words, fills it in and sends it. */
export async function act(page, words, fields = {}) {
  const form = page.locator('.actions > details').filter({ has: page.getByText(words, { exact: true }).first() });
  if (!(await form.evaluate((details) => details.open))) await form.locator('summary').click();
  for (const [label, value] of Object.entries(fields)) await form.getByLabel(label).fill(value);
  await form.getByRole('button').click();
  await page.waitForLoadState();
}

/** Takes a picture where `PICTURES` names a folder. */
export async function picture(page, name) {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
