// What a file of tests runs in: one demo world, one browser, and a fresh visitor for each test.

import { after, before } from 'node:test';

import { startChromium } from './chromium.mjs';
import { Demo } from './demo.mjs';
import { Guard } from './guard.mjs';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** Longest wait for anything a page is to show: beyond every limit of the gateway (10 s for a page). */
const WAIT_MS = 15_000;

/** Starts demo world and browser for the tests of a file, and stops them after the last. */
export function setting(options) {
  const here = { demo: undefined, browser: undefined, visit };
  before(async () => {
    here.demo = await Demo.start(options);
    here.browser = await startChromium();
  });
  after(async () => {
    await here.browser?.close();
    await here.demo?.stop();
  });

  /**
   * Lets a new visitor come to a calm demo world (or, if `calm` is false, to whatever was ordered), and holds everything
   * they met to what must always hold.
   */
  async function visit({ script = true, locale = 'da-DK', viewport = DESKTOP, calm = true } = {}, body) {
    if (calm) await here.demo.calm();
    const context = await here.browser.newContext({
      baseURL: here.demo.portal,
      javaScriptEnabled: script,
      locale,
      timezoneId: 'Europe/Copenhagen',
      viewport,
    });
    context.setDefaultTimeout(WAIT_MS);
    const guard = new Guard(context);
    try {
      const page = await context.newPage();
      await body({ context, guard, page });
      guard.verify();
    } finally {
      await context.close();
    }
  }
  return here;
}

/** The page part of every test holds with and without JavaScript. */
export const BROWSERS = [
  { script: true, named: 'with JavaScript' },
  { script: false, named: 'without JavaScript' },
];
