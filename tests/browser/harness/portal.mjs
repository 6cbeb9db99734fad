// A portal in one file: a page under the strictest policy, with the web component on it, and a server of its own.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const FILE = new URL('../../../crates/gateway/assets/embed/overblik-widgets.js', import.meta.url);

/** The web component as it is published: without its comments and indentation. */
export const COMPONENT = readFileSync(FILE, 'utf8')
  .split('\n')
  .map((line) => line.trimStart())
  .filter((line) => line !== '' && !line.startsWith('//') && !line.startsWith('/**'))
  .map((line) => `${line}\n`)
  .join('');

/** What a careful portal sends. There is no place in it for an inline style, a script from elsewhere or markup from text. */
const policy = (gateway = '') =>
  `default-src 'none'; script-src 'self'; connect-src 'self' ${gateway}; img-src 'self'; base-uri 'none'; ` +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/** A portal's server, open while the tests of a file run. */
export class Portal {
  #server;
  #answers = new Map();
  /** Every request: path and headers. */
  received = [];

  static async open() {
    const portal = new Portal();
    portal.#server = createServer((request, response) => portal.#answer(request, response));
    await new Promise((resolve) => portal.#server.listen(0, '127.0.0.1', resolve));
    return portal;
  }

  #answer(request, response) {
    const { pathname } = new URL(request.url, 'http://portal');
    this.received.push({ method: request.method, path: pathname, headers: request.headers });
    if (pathname === '/overblik-widgets.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      response.end(COMPONENT);
      return;
    }
    const answer = this.#answers.get(pathname);
    if (typeof answer === 'function') answer(request, response);
    else response.writeHead(404).end();
  }

  /** Puts a page there; returns its address. */
  page(body, { lang = 'da', gateway, host = 'localhost', head = '' } = {}) {
    const path = `/page-${this.#answers.size}`;
    this.#answers.set(path, (_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader('content-security-policy', policy(gateway));
      response.end(
        `<!doctype html><html lang="${lang}"><meta name="viewport" content="width=device-width"><title>Portal</title>` +
          `<link rel="icon" href="/icon">${head}<main><h1>Portal</h1>${body}</main>` +
          '<script type="module" src="/overblik-widgets.js"></script></html>',
      );
    });
    this.#answers.set('/icon', (_, response) => response.setHeader('content-type', 'image/svg+xml').end('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    return `${this.origin(host)}${path}`;
  }

  /** Answers something at a path from now on. */
  answer(path, answer) {
    this.#answers.set(path, answer);
  }

  origin(host = 'localhost') {
    return `http://${host}:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Answers with JSON. */
export const json = (value, status = 200, headers = {}) => (_, response) =>
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }).end(JSON.stringify(value));
