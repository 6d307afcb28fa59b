// node --test: the development server serves what it builds, and passes on what the servers beside it have.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const PATIENCE = 60_000;
const closing = [];
let address;

/** A server that says who it is, and what it was asked for. */
async function echo(name) {
  const server = http.createServer((request, response) => {
    const { url, headers } = request;
    response.writeHead(url.includes("nothing") ? 404 : 200, { "X-Server": name });
    response.end(JSON.stringify({ name, url, range: headers.range, host: headers.host }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

async function start(...options) {
  const script = join(dirname(fileURLToPath(import.meta.url)), "dev.mjs");
  const running = spawn(process.execPath, [script, "--port", "0", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  closing.push(() => running.kill());
  for await (const line of createInterface(running.stdout)) if (line.startsWith("http://")) return line;
  throw new Error("the server has ended");
}

async function built(path) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const answer = await fetch(address + path);
    if (!answer.headers.has("X-Server")) return answer.text();
  }
  throw new Error(`${path} was not built`);
}

let companion;
let hsds;
before(async () => {
  companion = await echo("companion");
  hsds = await echo("hsds");
  address = await start("--companion", companion, "--hsds", hsds);
});
after(() => closing.forEach((close) => close()));

test("the page and its parts are built from the sources", { timeout: PATIENCE }, async () => {
  assert.match(await (await fetch(`${address}/`)).text(), /page\/app\.js/);
  assert.match(await built("/page/app.js"), /livn/);
  assert.match(await built("/page/python.js"), /loadPyodide/);
});

test("all else comes from the companion", async () => {
  for (const path of ["/files/EI1/cells.h5?x=1", "/view/EI1/cells", "/python", "/page/bytecode.zip"]) {
    const answer = await (await fetch(address + path, { headers: { Range: "bytes=0-7" } })).json();
    assert.deepEqual(answer, { name: "companion", url: path, range: "bytes=0-7", host: companion.slice(7) });
  }
  assert.equal((await fetch(`${address}/files/nothing`)).status, 404);
});

test("/hsds/ is HSDS", async () => {
  const answer = await (await fetch(`${address}/hsds/datasets/d-1/value?select=%5B0:3%5D`)).json();
  assert.deepEqual([answer.name, answer.url], ["hsds", "/datasets/d-1/value?select=%5B0:3%5D"]);
});

test("a server that does not answer is named", async () => {
  const lonely = await start("--companion", "http://127.0.0.1:9");
  const answer = await fetch(`${lonely}/systems`);
  assert.equal(answer.status, 502);
  assert.match(await answer.text(), /^http:\/\/127\.0\.0\.1:9 does not answer/);
});
