// The system's own Chromium, unable to reach anything but this machine.

import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

const SWITCHES = [
  // Containers and CI run as root, where Chromium's sandbox does not start. It shows nothing but our own pages.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whatever a page or the browser itself wants from elsewhere, it does not get. */
const NOWHERE_ELSE = 'MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1';

/** Starts a browser. With `authorities`, the hosts of the demo's authorities are a port of this machine. */
export async function startChromium({ authorities } = {}) {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`There is no Chromium at ${EXECUTABLE}. Install it (Debian: chromium) or set CHROMIUM to its path.`);
  }
  const known = authorities ? `MAP *.example 127.0.0.1:${authorities}, ` : '';
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [...SWITCHES, `--host-resolver-rules=${known}${NOWHERE_ELSE}`],
    // Playwright turns off the browser's memory of whole pages; citizens have it, and it must not bring data back.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}
