// The built command, run as a newcomer runs it, on free ports of this machine.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 15_000;

const TARGETS = ['library', 'library-catalogue', 'daycare', 'payments'];
const SOURCES = ['library', 'daycare', 'payments'];

/** Where the shipped contracts of those sources are, in the folder of all contracts. */
const SHIPPED = ['birkerup-libraries/library', 'birkerup/daycare', 'public-payments/payments'];

/** A folder of those contracts alone, so that a test can say what a whole page shows. */
export const CONTRACTS = mkdtempSync(join(tmpdir(), 'overblik-contracts-'));
for (const folder of SHIPPED) {
  cpSync(join(REPOSITORY, 'contracts', 'authorities', folder), join(CONTRACTS, folder), { recursive: true });
}
process.on('exit', () => rmSync(CONTRACTS, { recursive: true }));

/** Ten digits in a row, or six and four: what a civil registration number looks like wherever it leaks. */
export const NUMBER_OF_A_PERSON = /(?<![0-9A-Za-z])\d{6}-?\d{4}(?![0-9A-Za-z])/;

/** `OVERBLIK_BINARY` tests another build than the debug build of this repository. */
function binary() {
  const target = resolve(REPOSITORY, process.env.CARGO_TARGET_DIR ?? 'target');
  const path = process.env.OVERBLIK_BINARY ?? join(target, 'debug', 'overblik');
  if (!existsSync(path)) {
    throw new Error('There is no overblik command to test. Run `cargo build` first, or `./test` for everything.');
  }
  return path;
}

/** A running demo world. */
export class Demo {
  #process;
  #written = '';
  #ended;

  /** Starts the command and waits until it tells where it is. */
  static async start({ contracts = CONTRACTS, settings = {}, more = [], startLimitMs = START_LIMIT_MS } = {}) {
    const demo = new Demo();
    const changed = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const words = ['demo', '--port', '0', '--any-ports', '--contracts', contracts, ...changed, ...more];
    demo.#process = spawn(binary(), words, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'] });
    demo.#ended = new Promise((settle) => {
      demo.#process.once('error', (error) => settle(`could not be started: ${error.message}`));
      demo.#process.once('exit', (code, signal) => settle(`ended with ${code ?? signal}`));
    });
    try {
      await demo.#welcome(startLimitMs);
    } catch (error) {
      demo.#process.kill('SIGKILL');
      throw error;
    }
    return demo;
  }

  async #welcome(startLimitMs) {
    const welcomed = new Promise((settle) => {
      const read = (bytes) => {
        this.#written += bytes;
        const overview = /overview\s+(http:\S+)/.exec(this.#written);
        const control = /demo controls\s+(http:\S+)/.exec(this.#written);
        const municipality = /a portal\s+(http:\S+)/.exec(this.#written);
        if (overview && control && municipality) {
          this.portal = new URL(overview[1]).origin;
          this.control = new URL(control[1]).origin;
          // A site of its own that shows parts of the overview; `portal` above is the gateway's.
          this.municipality = new URL(municipality[1]).origin;
          // Where sources are worked with, if the demo was asked for that.
          const console = /the console\s+(http:\S+)\/console/.exec(this.#written);
          this.console = console && new URL(console[1]).origin;
          settle('welcomed');
        }
      };
      this.#process.stdout.setEncoding('utf8').on('data', read);
      this.#process.stderr.setEncoding('utf8').on('data', read);
    });
    const outcome = await within(startLimitMs, Promise.race([welcomed, this.#ended]));
    if (outcome !== 'welcomed') {
      throw new Error(`The overblik command ${outcome ?? 'did not get ready in time'}. It wrote:\n${this.#written}`);
    }
  }

  /** What it wrote so far. */
  get said() {
    return this.#written;
  }

  /** Orders a fault for a target, or ends it with `null`, as a command line does. */
  async order(target, fault) {
    const answer = await fetch(`${this.control}/faults/${target}`, { method: 'PUT', body: JSON.stringify({ fault }) });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Ends every fault and lets every source in again. */
  async calm() {
    for (const target of TARGETS) await this.order(target, null);
    for (const source of SOURCES) {
      const body = new URLSearchParams({ source });
      const answer = await fetch(`${this.control}/reset`, { method: 'POST', body, redirect: 'manual' });
      assert.equal(answer.status, 303, `${source} is let in again`);
    }
  }

  /** Stops the command, and holds what it wrote to the rules of logs. */
  async stop() {
    this.#process.kill('SIGTERM');
    const outcome = await within(STOP_LIMIT_MS, this.#ended);
    if (outcome === undefined) {
      this.#process.kill('SIGKILL');
      await this.#ended;
    }
    assert.equal(outcome, 'ended with 0', `the command stops in time when asked to. It wrote:\n${this.#written}`);
    assert.doesNotMatch(this.#written, NUMBER_OF_A_PERSON, 'no log line holds the number of a person');
    assert.doesNotMatch(this.#written, /panicked/, 'nothing panicked');
  }
}

/** What a promise becomes, or `undefined` after so many milliseconds. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((settle) => {
    timer = setTimeout(settle, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
