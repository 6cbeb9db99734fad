// An aggregator as portals write it: node:http, undici, Promise.allSettled; every answer parsed, the document written again.
// `node aggregator.mjs PORT LIMIT_MS SOURCE_PORT...`
import http from "node:http";
import { Pool } from "undici";

const [port, limit, ...sources] = process.argv.slice(2).map(Number);
const limits = { headersTimeout: limit, bodyTimeout: limit, connect: { timeout: limit } };
const pools = sources.map((source) => new Pool(`http://127.0.0.1:${source}`, { ...limits, pipelining: 1 }));

async function ask(pool, citizen, signal) {
  const headers = { "x-cpr": citizen, accept: "application/json" };
  const { statusCode, body } = await pool.request({ path: "/cases", method: "GET", headers, signal });
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return body.json();
}

const server = http.createServer(async (request, response) => {
  const citizen = request.headers["x-cpr"];
  const signal = AbortSignal.timeout(limit);
  const answers = await Promise.allSettled(pools.map((pool) => ask(pool, citizen, signal)));
  const document = Object.fromEntries(answers.map(({ value }, number) => [number, value ?? null]));
  const text = Buffer.from(JSON.stringify(document));
  response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
  response.end(text);
});
server.keepAliveTimeout = 600_000;
server.listen(port, "127.0.0.1", 4096);
