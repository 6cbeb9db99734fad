// Takes the pictures of the documentation: `node screenshots.mjs`. The demo's dates count from today, so pictures of
// another day differ in their dates and nothing else.

import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startChromium } from './harness/chromium.mjs';
import { Demo } from './harness/demo.mjs';
import { logIn } from './harness/pages.mjs';

const IMAGES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'images');

/** Largest picture, in bytes: they are kept in the repository. */
const LARGEST = 250_000;

const DESKTOP = { width: 1280, height: 1000 };
const PHONE = { width: 390, height: 844 };

const PICTURES = [
  { name: 'landing', viewport: { width: 1280, height: 720 }, show: (page) => page.goto('/') },
  { name: 'overview-desktop', viewport: DESKTOP, show: (page) => logIn(page, 'family-signe') },
  { name: 'overview-phone', viewport: PHONE, show: (page) => logIn(page, 'family-signe') },
  {
    name: 'overview-broken-source',
    viewport: DESKTOP,
    show: async (page, demo) => {
      await demo.order('payments', 'error');
      await logIn(page, 'overdue-laila');
    },
  },
];

mkdirSync(IMAGES, { recursive: true });
const demo = await Demo.start();
try {
  const browser = await startChromium();
  try {
    for (const { name, viewport, show } of PICTURES) {
      await demo.calm();
      const context = await browser.newContext({
        baseURL: demo.portal,
        deviceScaleFactor: 1,
        locale: 'da-DK',
        reducedMotion: 'reduce',
        timezoneId: 'Europe/Copenhagen',
        viewport,
      });
      const page = await context.newPage();
      await show(page, demo);
      const path = join(IMAGES, `${name}.png`);
      await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
      const bytes = statSync(path).size;
      if (bytes > LARGEST) throw new Error(`${name}.png is ${bytes} bytes, more than ${LARGEST}`);
      console.log(`docs/images/${name}.png  ${viewport.width} x ${viewport.height}, ${Math.ceil(bytes / 1000)} kB`);
      await context.close();
    }
  } finally {
    await browser.close();
  }
} finally {
  await demo.stop();
}
