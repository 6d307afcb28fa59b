// The sources that there are here, and why another one is not.

import type { PythonHost } from "../python/host";
import type { SourceName } from "../state";
import { Companion } from "./companion";
import { dropped, type Dropped } from "./drop";
import { PythonSource } from "./python";
import type { Source } from "./source";

export const TITLES: Readonly<Record<SourceName, string>> = {
  companion: "the companion server",
  hsds: "HSDS, through h5pyd",
  files: "raw files over HTTP, through pyfive",
  dropped: "files on this computer, through pyfive",
  console: "the console's system",
};

export class Sources {
  readonly companion = new Companion();
  /** The system that the console has made, if it has. */
  typed = "";
  private drop: Dropped | undefined;

  constructor(private readonly host: PythonHost) {}

  /** Those that can be chosen now. */
  async names(): Promise<readonly SourceName[]> {
    const offer = await this.host.offer();
    return [
      "companion",
      ...(offer.hsds ? (["hsds"] as const) : []),
      ...(offer.serve_h5 ? (["files"] as const) : []),
      ...(this.drop ? (["dropped"] as const) : []),
      ...(this.typed ? (["console"] as const) : []),
    ];
  }

  /** A source, Python started where it needs that. */
  async get(name: SourceName): Promise<Source> {
    if (name === "companion") return this.companion;
    await this.check(name);
    const python = await this.host.ready();
    const served = (): Promise<readonly string[]> => this.companion.systems();
    if (name === "files") {
      const uri = (system: string): string => new URL(`files/${encodeURIComponent(system)}`, document.baseURI).href;
      return new PythonSource(TITLES.files, python, served, (system) => ({ uri: uri(system), backend: "pyfive" }));
    }
    if (name === "hsds") return new PythonSource(TITLES.hsds, python, served, (system) => ({ uri: system, backend: "h5pyd" }));
    if (name === "console") return new PythonSource(TITLES.console, python, async () => [this.typed], () => undefined);
    const { files, systems } = this.drop!;
    const root = await python.call("mount", files);
    return new PythonSource(TITLES.dropped, python, async () => [...systems.keys()], (system) => ({
      uri: `${root}/${systems.get(system) ?? system}`.replace(/\/$/, ""),
      backend: "pyfive",
    }));
  }

  /** Take files that somebody dropped; says how many systems are among them. */
  async take(files: readonly { readonly path: string; readonly file: File }[]): Promise<number> {
    const found = dropped(files);
    if (found.systems.size) this.drop = found;
    return found.systems.size;
  }

  private async check(name: SourceName): Promise<void> {
    const offer = await this.host.offer();
    if (name === "hsds" && !offer.hsds) throw new Error("There is no HSDS beside this server; “livn ui server” starts one.");
    if (name === "files" && !offer.serve_h5) throw new Error("This server hands out no raw files; start it with serve_h5=true.");
    if (name === "console" && !this.typed) throw new Error("The console has made no system yet.");
    if (name === "dropped" && !this.drop) throw new Error("No files were dropped on this page yet.");
  }
}
