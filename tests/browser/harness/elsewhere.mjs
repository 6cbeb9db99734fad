// Pages of somebody else, under whatever name of this machine a test gives them.

import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

/** A server of pages that tests write as they need them, which remembers what it was asked. */
export class Elsewhere {
  #server;
  #pages = [];
  /** Every request since the beginning: its address as the server saw it, and the page that it said it came from. */
  received = [];

  #scheme;

  /** Opens one; with a key and a certificate it speaks https. */
  static async open(secure) {
    const elsewhere = new Elsewhere();
    const answer = (request, response) => elsewhere.#answer(request, response);
    elsewhere.#scheme = secure ? 'https' : 'http';
    elsewhere.#server = secure ? createSecureServer(secure, answer) : createServer(answer);
    await new Promise((resolve) => elsewhere.#server.listen(0, '127.0.0.1', resolve));
    return elsewhere;
  }

  #answer(request, response) {
    const { headers, url } = request;
    this.received.push({ address: `${this.#scheme}://${headers.host}${url}`, referer: headers.referer });
    const page = this.#pages[Number(url.split('?')[0].slice(1))];
    if (!page) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title><h1>Elsewhere</h1>');
      return;
    }
    const { body, cookies, location } = page;
    response.setHeader('set-cookie', cookies);
    if (location) {
      response.writeHead(302, { location }).end();
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">${body}`);
  }

  /** Puts a page there, and returns its address under a name: what it shows, sets, or redirects to. */
  page(host, { body = '', cookies = [], location }) {
    const number = this.#pages.push({ body, cookies, location }) - 1;
    return `${this.origin(host)}/${number}`;
  }

  get port() {
    return this.#server.address().port;
  }

  /** The origin under a name. */
  origin(host) {
    return `${this.#scheme}://${host}:${this.port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
