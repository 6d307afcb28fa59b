// Python in this page, started when it is first needed.

import type { Start } from "./protocol";
import { Python } from "./remote";

export interface Offer {
  readonly pyodide: string;
  readonly wheels: readonly string[];
  readonly hsds: { readonly port: number; readonly bucket: string } | null;
  readonly serve_h5: boolean;
}

const SIGINT = 2;
const ENDED = "Python was ended, and its variables are gone: in this page nothing less stops it (see “In the browser” in the documentation). It starts anew now.";

export class PythonHost {
  onPrint: (text: string, wrong: boolean) => void = () => undefined;
  onProgress: (text: string) => void = () => undefined;
  /** Called after Python was ended; it starts anew by then. */
  onEnded: () => void = () => undefined;
  private running: Python | undefined;
  private started: Promise<Python> | undefined;
  private offered: Promise<Offer> | undefined;
  private readonly memory = typeof SharedArrayBuffer === "undefined" || !crossOriginIsolated ? undefined : new SharedArrayBuffer(1);

  /** What the server that this page came from has for Python. */
  offer(): Promise<Offer> {
    this.offered ??= fetch("python").then((answer) => {
      if (!answer.ok) throw new Error(`The server offers nothing for Python (${answer.status}).`);
      return answer.json() as Promise<Offer>;
    });
    return this.offered;
  }

  /** Python, ready to be asked. */
  ready(): Promise<Python> {
    if (this.started) return this.started;
    const started = this.start().catch((error: unknown) => {
      if (this.started === started) this.started = undefined;
      throw error;
    });
    return (this.started = started);
  }

  /** Stop what runs: by a signal where page and Python share memory, else by ending Python. */
  interrupt(): void {
    if (this.memory) {
      new Uint8Array(this.memory)[0] = SIGINT;
      return;
    }
    this.running?.stop(ENDED);
    this.started = undefined;
    this.onEnded();
  }

  private async start(): Promise<Python> {
    const offer = await this.offer();
    const python = (this.running = new Python("page/python.js"));
    python.onPrint = (text, wrong) => this.onPrint(text, wrong);
    python.onProgress = (text) => this.onProgress(text);
    const absolute = (address: string): string => new URL(address, document.baseURI).href;
    const settings: Start = {
      pyodide: absolute(offer.pyodide),
      bytecode: absolute("page/bytecode.zip"),
      wheels: offer.wheels.map(absolute),
      environment: environmentOf(offer),
      interrupt: this.memory,
    };
    await python.call("start", settings);
    return python;
  }
}

/** HSDS listens on the host that the page came from. */
function environmentOf({ hsds }: Offer): Record<string, string> {
  if (!hsds) return {};
  const endpoint = `${location.protocol}//${location.hostname}:${hsds.port}`;
  return { LIVN_HSDS: JSON.stringify({ endpoint, bucket: hsds.bucket, files_endpoint: location.origin }) };
}
