// What the overview costs a citizen's browser: bytes over the wire, time to the first section, and how much the page
// moves while sections arrive. `bench/page/run` builds and starts it. It fails where a target is missed.

import { join } from 'node:path';

import { startChromium } from '../../tests/browser/harness/chromium.mjs';
import { Demo } from '../../tests/browser/harness/demo.mjs';
import { measure } from '../../tests/browser/harness/measure.mjs';
import { logIn } from '../../tests/browser/harness/pages.mjs';

const CONTRACTS = join(import.meta.dirname, '..', '..', 'contracts', 'authorities');

/** Targets: bytes of a page with all that it loads, and Cumulative Layout Shift. */
const MOST_BYTES = 120_000;
const MOST_SHIFT = 0.05;

const ROUNDS = 5;

const SCREENS = { desk: { width: 1280, height: 800 }, telephone: { width: 390, height: 844 } };

/** What the sources do; the stalled one is the first on the page, where it moves most. */
const SITUATIONS = {
  'all answer': {},
  'one stalls': { daycare: 'stall' },
  'one comes late': { daycare: 'slow' },
  'three fail late': { daycare: 'drip', payments: 'drip', library: 'drip' },
};

const CITIZENS = ['family-signe', 'many-mogens', 'overdue-laila', 'nothing-ingrid'];

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
const kilobytes = (bytes = 0) => (bytes / 1000).toFixed(1);

const demo = await Demo.start({ contracts: CONTRACTS });
const browser = await startChromium();
let missed = 0;
try {
  console.log('| citizen | screen | sources | HTML | CSS | script | in all, kB | first section, ms | complete, ms | CLS |');
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const citizen of CITIZENS) {
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      const context = await browser.newContext({ baseURL: demo.portal, locale: 'da-DK', viewport });
      const page = await context.newPage();
      await demo.calm();
      await logIn(page, citizen);
      for (const [situation, faults] of Object.entries(SITUATIONS)) {
        const rounds = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          // Anew each time, so that the breakers let the sources be asked.
          await demo.calm();
          for (const [target, fault] of Object.entries(faults)) await demo.order(target, fault);
          rounds.push(await measure(context, page));
        }
        const { bytes } = rounds[0];
        const shift = Math.max(...rounds.map((round) => round.shift));
        const times = ['firstSection', 'complete'].map((time) => median(rounds.map((round) => round[time])).toFixed(0));
        const parts = [bytes.Document, bytes.Stylesheet, bytes.Script, bytes.inAll].map(kilobytes);
        console.log(`| ${[citizen, screen, situation, ...parts, ...times, shift.toFixed(3)].join(' | ')} |`);
        if (bytes.inAll > MOST_BYTES || shift > MOST_SHIFT) missed += 1;
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
if (missed > 0) throw new Error(`${missed} rows miss the targets: at most ${kilobytes(MOST_BYTES)} kB and ${MOST_SHIFT}`);
