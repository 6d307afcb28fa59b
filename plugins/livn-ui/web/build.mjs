// Builds the page into the Python package: node build.mjs [--watch] [--out FOLDER]
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { watch: { type: "boolean" }, out: { type: "string" } } });
const out = values.out ?? join(here, "..", "livn_ui", "page", "files");

const context = await esbuild.context({
  entryPoints: [join(here, "src", "app.ts"), join(here, "src", "app.css")],
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  logLevel: "info",
  absWorkingDir: here,
});
await mkdir(out, { recursive: true });
await copyFile(join(here, "src", "index.html"), join(out, "index.html"));
if (values.watch) {
  await context.watch();
} else {
  await context.rebuild();
  await context.dispose();
}
