// Takes the pictures of docs/gallery: `node gallery.mjs`. Every kind of widget and every state of a section, and the pages
// of a section and of an item, from the specimens of the page's own tests, each as one sheet: both languages, on a desk and
// on a telephone.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startChromium } from './harness/chromium.mjs';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PAGES = join(REPOSITORY, 'target', 'gallery');
const ASSETS = join(REPOSITORY, 'crates', 'gateway', 'assets');
const GALLERY = join(REPOSITORY, 'docs', 'gallery');

const WIDE = { width: 1000, height: 800 };
const NARROW = { width: 360, height: 740 };
const LANGUAGES = ['da', 'en'];

/** All pictures together, in bytes: they are kept in the repository. */
const LARGEST_IN_ALL = 1_000_000;

/** How much smaller than life a sheet is. */
const SCALE = 0.5;

/** Serves the pages that the specimens wrote, and the files that they load, under whatever hash they are asked for. */
async function serve() {
  const server = createServer((request, response) => {
    const asset = /^\/assets\/overblik\.[0-9a-f]+\.(css|js|svg)$/.exec(request.url);
    const types = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', html: 'text/html' };
    try {
      const kind = asset?.[1] ?? 'html';
      const path = asset ? join(ASSETS, `overblik.${kind}`) : join(PAGES, request.url);
      response.writeHead(200, { 'content-type': `${types[kind]}; charset=utf-8` }).end(readFileSync(path));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Pictures of the elements of a page, or of the page itself, in one language and width: name to picture. */
async function pictures(browser, origin, name, language, viewport) {
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce', colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(`${origin}/${name}-${language}.html`);
  const taken = new Map();
  if (['kinds', 'states'].includes(name)) {
    // What is folded belongs to the picture of a kind; what is folded in a state is its look.
    if (name === 'kinds') await page.locator('.section details.more').evaluateAll((folds) => folds.forEach((fold) => (fold.open = true)));
    for (const section of await page.locator('#overview > .section').all()) {
      taken.set((await section.getAttribute('id')).replace('section-', ''), await section.screenshot({ type: 'png' }));
    }
    if (name === 'kinds') taken.set('attention', await page.locator('#overview > .attention').screenshot({ type: 'png' }));
  } else {
    taken.set(name, await page.screenshot({ type: 'png' }));
  }
  await context.close();
  return taken;
}

/** One sheet of four pictures, as WebP. */
async function sheet(browser, [wideDanish, wideEnglish, narrowDanish, narrowEnglish]) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  const image = (png) => `<img src="data:image/png;base64,${png.toString('base64')}">`;
  await page.setContent(`<!doctype html><style>body{margin:0;width:max-content}main{display:flex;gap:16px;padding:16px;background:#8e8e8e;zoom:${SCALE}}
    div{display:grid;gap:16px;align-content:start}</style>
    <main><div>${image(wideDanish)}${image(wideEnglish)}</div>${image(narrowDanish)}${image(narrowEnglish)}</main>`);
  await page.addStyleTag({ content: 'main{align-items:flex-start}' });
  await page.evaluate(() => Promise.all([...document.images].map((picture) => picture.decode())));
  const { width, height } = await page.locator('main').boundingBox();
  const devtools = await page.context().newCDPSession(page);
  const clip = { x: 0, y: 0, width: Math.ceil(width), height: Math.ceil(height), scale: 1 };
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 30, clip, captureBeyondViewport: true });
  await page.close();
  return Buffer.from(data, 'base64');
}

execFileSync('cargo', ['test', '--locked', '-p', 'overblik-gateway', '--lib', '--', '--ignored', 'specimens::gallery'], {
  cwd: REPOSITORY,
  stdio: ['ignore', 'ignore', 'inherit'],
});
rmSync(GALLERY, { recursive: true, force: true });
mkdirSync(GALLERY, { recursive: true });
const server = await serve();
const browser = await startChromium();
try {
  const origin = `http://127.0.0.1:${server.address().port}`;
  let inAll = 0;
  for (const name of ['kinds', 'states', 'section', 'item', 'overview-waiting', 'overview-empty', 'overview-nobody']) {
    const four = [];
    for (const viewport of [WIDE, NARROW]) {
      for (const language of LANGUAGES) four.push(await pictures(browser, origin, name, language, viewport));
    }
    for (const taken of four[0].keys()) {
      const path = join(GALLERY, `${taken}.webp`);
      writeFileSync(path, await sheet(browser, four.map((pictures) => pictures.get(taken))));
      inAll += statSync(path).size;
      console.log(`docs/gallery/${taken}.webp  ${Math.ceil(statSync(path).size / 1000)} kB`);
    }
  }
  console.log(`${Math.ceil(inAll / 1000)} kB in all`);
  if (inAll > LARGEST_IN_ALL) throw new Error(`the gallery is larger than ${LARGEST_IN_ALL} bytes`);
} finally {
  await browser.close();
  server.close();
}
