// What the page and the worker that runs Python say to each other.

import type { Traffic } from "../sources/source";

export interface Start {
  /** Where Pyodide's files are, with a slash at the end. */
  readonly pyodide: string;
  /** Address of what was compiled of Python's library. */
  readonly bytecode: string;
  /** Addresses of wheels. */
  readonly wheels: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Written to by the page to stop what runs; only where the browser lets pages share memory. */
  readonly interrupt: SharedArrayBuffer | undefined;
}

export interface Calls {
  start(settings: Start): { python: string };
  open(uri: string, backend: string): void;
  retake(): void;
  mount(files: readonly { readonly path: string; readonly file: File }[]): string;
  view(name: string, args: Readonly<Record<string, string | number>>): ArrayBuffer;
  sidecars(): string;
  sidecar(name: string): string;
  push(line: string): { more: boolean; system: string };
  forget(): void;
  complete(text: string): { names: readonly string[]; from: number };
}

export type Name = keyof Calls;

export interface Question {
  readonly id: number;
  readonly name: Name;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown; readonly traffic: Traffic }
  | { readonly id: number; readonly error: string; readonly traffic: Traffic }
  | { readonly print: string; readonly wrong: boolean }
  | { readonly progress: string };
