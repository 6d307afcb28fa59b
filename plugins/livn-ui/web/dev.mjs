// For work on the page: builds it at every change, and serves it beside running servers.
//   node dev.mjs [--port 5174] [--companion http://localhost:5173] [--hsds http://localhost:5101]
// The page and what is built of it come from here, /hsds/ from HSDS, and all the rest (/files/, /view/, the bytecode of
// Python's library, ...) from the companion. With --port 0 the system chooses.
import { createReadStream, existsSync, rmSync } from "node:fs";
import { mkdtemp, copyFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "5174" },
    companion: { type: "string", default: "http://localhost:5173" },
    hsds: { type: "string", default: "http://localhost:5101" },
  },
});
const KINDS = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };
const out = await mkdtemp(join(tmpdir(), "livn-page-"));
await copyFile(join(here, "src", "index.html"), join(out, "index.html"));
const builder = spawn(process.execPath, [join(here, "build.mjs"), "--watch", "--out", out], { stdio: "inherit" });
process.on("exit", () => {
  builder.kill();
  rmSync(out, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(0));

const server = http
  .createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = path === "/" ? "index.html" : /^\/page\/([\w.]+)$/.exec(path)?.[1];
    if (file !== undefined && existsSync(join(out, file))) return send(join(out, file), response);
    const [target, rest] = path.startsWith("/hsds/") ? [values.hsds, request.url.slice(5)] : [values.companion, request.url];
    pass(request, response, new URL(rest, target));
  })
  .listen(Number(values.port), "localhost", () => console.log(`http://localhost:${server.address().port}`));

function send(path, response) {
  response.writeHead(200, {
    "Content-Type": KINDS[extname(path)] ?? "application/octet-stream",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  });
  createReadStream(path).pipe(response);
}

function pass(request, response, address) {
  const { method, headers } = request;
  const onward = http.request(address, { method, headers: { ...headers, host: address.host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", (error) => response.writeHead(502).end(`${address.origin} does not answer: ${error.message}`));
  request.pipe(onward);
}
