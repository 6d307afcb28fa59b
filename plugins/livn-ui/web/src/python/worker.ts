// Python in a thread of its own: it may wait for answers of servers, and the page stays alive.

import { joined } from "./archive";
import type { Answer, Calls, Question, Start } from "./protocol";

/** The parts of Pyodide that are used here. */
interface Pyodide {
  readonly version: string;
  readonly globals: { get(name: string): unknown };
  readonly FS: {
    mkdirTree(path: string): void;
    mount(type: unknown, options: unknown, path: string): void;
    unmount(path: string): void;
    filesystems: { WORKERFS: unknown };
  };
  runPython(code: string): unknown;
  unpackArchive(data: ArrayBuffer, format: string): void;
  toPy(value: unknown): unknown;
  setInterruptBuffer(buffer: Uint8Array): void;
  setStdout(options: { batched: (text: string) => void }): void;
  setStderr(options: { batched: (text: string) => void }): void;
}
interface Bytes {
  getBuffer(type: "u8"): { readonly data: Uint8Array; release(): void };
  destroy(): void;
}
interface Views {
  view(name: string, args: unknown): Bytes;
  sidecars(): string;
  sidecar(name: string): string;
}
interface Console {
  open(uri: string, backend: string): void;
  retake(): void;
  push(line: string): Promise<string>;
  forget(): void;
  complete(text: string): string;
}

declare const self: DedicatedWorkerGlobal;
interface DedicatedWorkerGlobal {
  postMessage(message: Answer, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
  importScripts(address: string): void;
  fetch: typeof fetch;
  loadPyodide(options: { indexURL: string; env: Record<string, string>; packages: readonly string[] }): Promise<Pyodide>;
}

const MOUNTED = "/dropped";
const traffic = { requests: 0, bytes: 0 };
let python: Pyodide;
let views: Views;
let repl: Console;
let mounted = false;

const calls: { [N in keyof Calls]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>> } = {
  async start({ pyodide, bytecode, wheels, environment, interrupt }: Start) {
    self.postMessage({ progress: "Loading Python …" });
    compiled(`${pyodide}python_stdlib.zip`, bytecode);
    self.importScripts(`${pyodide}pyodide.js`);
    const archives = Promise.all(wheels.map(fetched));
    // NumPy arrives while Pyodide itself is still being compiled.
    python = await self.loadPyodide({ indexURL: pyodide, env: { HOME: "/home/pyodide", ...environment }, packages: ["numpy"] });
    python.setStdout({ batched: (text) => self.postMessage({ print: text, wrong: false }) });
    python.setStderr({ batched: (text) => self.postMessage({ print: text, wrong: true }) });
    if (interrupt) python.setInterruptBuffer(new Uint8Array(interrupt));
    for (const one of await archives) python.unpackArchive(one, "wheel");
    self.postMessage({ progress: "Importing livn-core …" });
    python.runPython("from livn_ui.view.browser import Views\nfrom livn_ui.view.typed import Typed\n_views = Views()\n_typed = Typed(_views)");
    views = python.globals.get("_views") as Views;
    repl = python.globals.get("_typed") as Console;
    count();
    return { python: python.version };
  },
  open: (uri, backend) => repl.open(uri, backend),
  retake: () => repl.retake(),
  mount(files) {
    if (mounted) python.FS.unmount(MOUNTED);
    python.FS.mkdirTree(MOUNTED);
    const blobs = files.map(({ path, file }) => ({ name: path, data: file }));
    python.FS.mount(python.FS.filesystems.WORKERFS, { blobs }, MOUNTED);
    mounted = true;
    return MOUNTED;
  },
  view(name, args) {
    const found = views.view(name, python.toPy(args));
    const buffer = found.getBuffer("u8");
    const copy = buffer.data.slice().buffer as ArrayBuffer;
    buffer.release();
    found.destroy();
    return copy;
  },
  sidecars: () => views.sidecars(),
  sidecar: (name) => views.sidecar(name),
  push: async (line) => JSON.parse(await repl.push(line)) as { more: boolean; system: string },
  forget: () => repl.forget(),
  complete(text) {
    const [names, from] = JSON.parse(repl.complete(text)) as [string[], number];
    return { names, from };
  },
};

/** Have Pyodide, which asks for its library of sources, get one that has bytecode beside them. */
function compiled(library: string, bytecode: string): void {
  const ask = self.fetch;
  const both = Promise.all([library, bytecode].map(fetched));
  both.catch(() => undefined); // said when Pyodide asks
  self.fetch = async (address, options) => {
    if (String(address) !== library) return ask(address, options);
    self.fetch = ask;
    const [sources, made] = await both;
    return new Response(joined(sources!, made!));
  };
}

async function fetched(address: string): Promise<ArrayBuffer> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: the server answered ${answer.status}`);
  return answer.arrayBuffer();
}

/** Count what Python asks for from now on: its requests are all synchronous, so their answers are there after sending. */
function count(): void {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    traffic.requests++;
    send.call(this, body);
    const { response } = this as { response: unknown };
    traffic.bytes += response instanceof ArrayBuffer ? response.byteLength : typeof response === "string" ? response.length : 0;
  };
}

self.onmessage = async ({ data: { id, name, args } }) => {
  try {
    const value = await (calls[name] as (...args: readonly unknown[]) => unknown)(...args);
    self.postMessage({ id, value, traffic: { ...traffic } }, value instanceof ArrayBuffer ? [value] : []);
  } catch (error) {
    self.postMessage({ id, error: reason(error), traffic: { ...traffic } });
  }
};

/** What went wrong, of a traceback: the last exception's own words. The rest is for whoever works on the code. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  console.debug(text);
  const raised = [...text.matchAll(/^[\w.]*(?:Error|Exception|Interrupt|Exit|Declined): (.*)$/gm)].at(-1);
  return raised?.[1] ?? text;
}
