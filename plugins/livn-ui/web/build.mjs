// Builds the page into the Python package: node build.mjs [--watch] [--out FOLDER]
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { watch: { type: "boolean" }, out: { type: "string" } } });
const out = values.out ?? join(here, "..", "livn_ui", "page", "files");

const shared = {
  outdir: out,
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  logLevel: "info",
  absWorkingDir: here,
};
const contexts = await Promise.all([
  esbuild.context({ ...shared, format: "esm", entryPoints: [join(here, "src", "app.ts"), join(here, "src", "app.css")] }),
  // Pyodide of this release comes as a script that only a classic worker can load.
  esbuild.context({ ...shared, format: "iife", entryPoints: { python: join(here, "src", "python", "worker.ts") } }),
]);
await mkdir(out, { recursive: true });
await copyFile(join(here, "src", "index.html"), join(out, "index.html"));
await copyFile(join(here, "node_modules", "three", "LICENSE"), join(out, "three-LICENSE.txt"));
for (const context of contexts) {
  if (values.watch) {
    await context.watch();
  } else {
    await context.rebuild();
    await context.dispose();
  }
}
