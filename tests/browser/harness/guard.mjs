// What must hold on every page of every test: nothing complains in the console, nothing is asked of anybody but this
// machine, and no address names a person.

import assert from 'node:assert/strict';

import { NUMBER_OF_A_PERSON } from './demo.mjs';

/** This machine; every name under `localhost` is it too. */
const isOwnHost = (name) => ['localhost', '127.0.0.1'].includes(name) || name.endsWith('.localhost');

/** Watches everything that the pages of a browser context do. */
export class Guard {
  #complaints = [];
  #expectedStatuses = [];

  constructor(context) {
    context.on('request', (request) => this.#request(request));
    context.on('console', (message) => this.#console(message));
    context.on('weberror', (error) => this.#complaints.push(`script error: ${error.error().message}`));
  }

  /** An answer of this status is what the test is about; the browser reports every one of them as an error. */
  expectStatus(status) {
    this.#expectedStatuses.push(status);
  }

  #request(request) {
    const url = new URL(request.url());
    if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) return;
    if (!isOwnHost(url.hostname)) this.#complaints.push(`request to another machine: ${url.origin}`);
    if (NUMBER_OF_A_PERSON.test(url.href)) this.#complaints.push(`an address holds the number of a person`);
  }

  #console(message) {
    if (!['error', 'warning', 'assert'].includes(message.type())) return;
    const text = message.text();
    const isExpected = this.#expectedStatuses.some((status) => text.includes(`responded with a status of ${status} `));
    if (!isExpected) this.#complaints.push(`console ${message.type()}: ${text} (${message.location().url})`);
  }

  /** Lets a tool of the tests do what pages may not: its own traces are nobody's fault. */
  async apartFrom(tool) {
    this.verify();
    const result = await tool();
    this.#complaints = [];
    return result;
  }

  /** What the browser complained of until now is what the test is about. */
  forgive() {
    this.#complaints = [];
  }

  /** Fails when anything was wrong since the beginning. */
  verify() {
    assert.ok(this.#complaints.length === 0, `the browser complained:\n${this.#complaints.join('\n')}`);
  }
}
