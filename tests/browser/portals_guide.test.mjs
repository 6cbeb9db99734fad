// The guide for portals: the files that it shows are written, its key is made, its server is run, and each of its pages
// shows the overview.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from './harness/chromium.mjs';
import { Demo } from './harness/demo.mjs';
import { Guard } from './harness/guard.mjs';
import { chooseCitizen } from './harness/pages.mjs';

const GUIDE = readFileSync(new URL('../../docs/portals.md', import.meta.url), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'overblik-portal-'));
const origin = `http://localhost:${await freePort()}`;

let demo;
let browser;
before(async () => {
  const files = [...GUIDE.matchAll(/^File `([^`]+)`:\n\n```\w+\n(.*?)^```$/gms)];
  for (const [, name, text] of files) writeFileSync(join(folder, name), text);
  assert.ok(files.length >= 6, `only ${files.length} files were found`);
  execFileSync('node', ['keys.mjs'], { cwd: folder });
  const portal = ['--portal', origin, '--portal-keys', join(folder, 'portal.jwks'), '--portal-secret', 'try-out'];
  demo = await Demo.start({ more: portal });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
  rmSync(folder, { recursive: true });
});

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const provider = async () => {
  const page = await (await fetch(demo.control)).text();
  return /id="identity-provider">[^]*?<p>(http:[^<]+)<\/p>/.exec(page)[1];
};

/** Lets the connected frame show the overview: the first press leads to a login at the gateway, the second to the question. */
async function connect(page) {
  const press = async () => {
    const opened = page.waitForEvent('popup');
    await page.frameLocator('iframe').getByRole('button', { name: 'Vis dit overblik her' }).click();
    return opened;
  };
  const login = await press();
  await login.locator('main').getByRole('link', { name: 'Log ind' }).click();
  await chooseCitizen(login, 'family-signe');
  await login.getByText('Luk dette vindue').waitFor();
  await login.close();
  await (await press()).getByRole('button', { name: 'Vis det' }).click();
}

for (const [file, inside, first] of [
  ['component.html', (page) => page.locator('overblik-overview .section')],
  ['token.html', (page) => page.locator('overblik-overview .section')],
  ['frame.html', (page) => page.frameLocator('iframe').frameLocator('iframe:not([hidden])').locator('.ob-section')],
  ['connected.html', (page) => page.frameLocator('iframe').locator('.ob-section'), connect],
  ['fragments.html', (page) => page.locator('.ob-section')],
]) {
  test(`the guide's ${file} shows the overview`, async () => {
    const env = { ...process.env, GATEWAY: demo.portal, PROVIDER: await provider(), ORIGIN: origin, PAGE: file };
    const server = spawn('node', ['portal.mjs'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    const guard = new Guard(context);
    try {
      const page = await context.newPage();
      for (let tries = 0; tries < 100 && !(await fetch(origin).catch(() => undefined)); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await page.goto(origin);
      await page.getByRole('link', { name: 'Log ind' }).click();
      await chooseCitizen(page, 'family-signe');
      await first?.(page);
      await inside(page).first().waitFor();
      assert.ok((await inside(page).allInnerTexts()).join('\n').includes('Lån (3)'));
      guard.verify();
    } finally {
      await context.close();
      server.kill();
    }
  });
}
