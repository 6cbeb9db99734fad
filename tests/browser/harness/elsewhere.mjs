// Pages of somebody else, under whatever name of this machine a test gives them.

import { createServer } from 'node:http';

/** A server of pages that tests write as they need them, which remembers what it was asked. */
export class Elsewhere {
  #server;
  #pages = [];
  /** Every request since the beginning: its address as the server saw it, and the page that it said it came from. */
  received = [];

  static async open() {
    const elsewhere = new Elsewhere();
    elsewhere.#server = createServer((request, response) => elsewhere.#answer(request, response));
    await new Promise((resolve) => elsewhere.#server.listen(0, '127.0.0.1', resolve));
    return elsewhere;
  }

  #answer(request, response) {
    const { headers, url } = request;
    this.received.push({ address: `http://${headers.host}${url}`, referer: headers.referer, headers });
    const page = this.#pages[Number(url.split('?')[0].slice(1))];
    if (!page) {
      response.writeHead(404).end();
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

  /** The origin under a name. */
  origin(host) {
    return `http://${host}:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
