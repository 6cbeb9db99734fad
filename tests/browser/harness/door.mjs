// A door to the portal that writes down what came in and how it was answered: the browser itself does not tell of
// answers that it keeps from a page, and what it says it sends is not yet what arrives.

import { createServer, request as send } from 'node:http';

import { SESSION_COOKIE } from './pages.mjs';

/** A way to the portal under any name of this machine, open while the tests of a file run. */
export class Door {
  #server;
  /** What passed since the last [`Door.forget`]. */
  passed = [];

  /** Opens a door to the portal, whose origin is asked for when somebody comes. */
  static async open(portal) {
    const door = new Door();
    door.#server = createServer((request, response) => door.#pass(portal, request, response));
    await new Promise((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    return door;
  }

  #pass(portal, request, response) {
    const { method, headers, url } = request;
    const target = { host: '127.0.0.1', port: new URL(portal()).port, method, path: url, headers };
    const passed = send(target, (answer) => {
      this.passed.push({
        path: url.split('?')[0],
        status: answer.statusCode,
        cookies: cookiesOf(headers.cookie ?? ''),
        hasSession: (headers.cookie ?? '').includes(SESSION_COOKIE),
      });
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }

  /** The portal's origin under a name. */
  at(host) {
    return `http://${host}:${this.#server.address().port}`;
  }

  forget() {
    this.passed = [];
  }

  /** Waits for the portal's answer to something at a path. */
  async answerTo(path) {
    for (let waited = 0; waited < 100; waited += 1) {
      const found = this.passed.find((answer) => answer.path === path);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`nothing was asked at ${path}: ${JSON.stringify(this.passed)}`);
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** The cookies of a header, as the server that reads them tells them apart. */
function cookiesOf(header) {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.filter(Boolean).map((pair) => {
    const [name, ...value] = pair.split('=');
    return { name, value: value.join('=') };
  });
}
