// An identity provider that others wrote, for the tests of Overblik's login: `node server.mjs`. It listens on free ports
// of this machine alone, tells where in one line of JSON, and ends with its standard input, so that it never outlives
// who started it.

// Before the library, which has something to say when it is loaded.
import './console.mjs';

import { createServer } from 'node:http';

import { noted, orders } from './control.mjs';
import { login } from './login.mjs';
import { provider, signingKey } from './provider.mjs';
import { Storage } from './storage.mjs';

const LARGEST_BODY = 64 * 1024;

const world = {
  storage: new Storage(),
  settings: { citizens: new Map(), access_token_s: 300 },
  received: [],
  keys: [],
  changeKeys(keep) {
    this.keys = [signingKey(), ...this.keys.slice(0, keep)];
    const record = (context) => this.received.push(noted(context));
    const { issuer, keys, storage, settings } = this;
    this.provider = provider({ issuer, keys, storage, settings, record });
    this.answer = this.provider.callback();
  },
};

const [issuer, control] = await Promise.all([serve(atProvider), serve(atControl)]);
world.issuer = issuer;
world.changeKeys(0);
process.stdin.resume().once('end', () => process.exit());
process.stdout.write(`${JSON.stringify({ issuer, control })}\n`);

function atProvider(request, response) {
  if (!request.url.startsWith('/interaction/')) return world.answer(request, response);
  return login(world.provider, world.settings, request, response, read);
}

async function atControl(request, response) {
  const order = orders(world)[request.url.slice(1)];
  if (request.method !== 'POST' || !order) {
    response.writeHead(404).end();
    return;
  }
  const body = await read(request);
  const answer = await order(body ? JSON.parse(body) : undefined);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer ?? null));
}

/** Serves on a free port of this machine; the origin. */
async function serve(answer) {
  const server = createServer((request, response) => {
    Promise.resolve(answer(request, response)).catch((error) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end(error.message);
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${server.address().port}`;
}

/** A request's body as text. */
async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new Error('too much was sent');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
