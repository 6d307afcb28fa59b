// The companion file server that also serves this page.

import { unpack, type Packed } from "../arrays";
import type { Cells, Degrees, Direction, Electrode } from "../model";
import { cellsOf, degreesOf, edgesOf, electrodesOf, gidsOf, selectionsIn, type Mea, type Selection } from "./content";
import type { Source, Traffic } from "./source";

export class Companion implements Source {
  readonly name = "the companion server";
  readonly traffic: Traffic = { requests: 0, bytes: 0 };
  private readonly files = new Map<string, Promise<readonly string[]>>();

  constructor(private readonly base: string = ".") {}

  async systems(): Promise<readonly string[]> {
    return this.json<string[]>("systems");
  }

  async cells(system: string): Promise<Cells> {
    return cellsOf(await this.view(system, "cells"));
  }

  async electrodes(system: string): Promise<readonly Electrode[]> {
    return (await this.sidecars(system)).includes("mea.json") ? electrodesOf(await this.file<Mea>(system, "mea.json")) : [];
  }

  async degrees(system: string): Promise<Degrees> {
    return degreesOf(await this.view(system, "degrees"));
  }

  async selections(system: string): Promise<readonly string[]> {
    return selectionsIn(await this.sidecars(system));
  }

  async selection(system: string, name: string): Promise<readonly number[]> {
    return gidsOf(await this.file<Selection>(system, `selection/${name}.json`));
  }

  async edges(system: string, gid: number, direction: Direction): Promise<readonly number[]> {
    return edgesOf(await this.view(system, `edges?gid=${gid}&direction=${direction}`));
  }

  private sidecars(system: string): Promise<readonly string[]> {
    let found = this.files.get(system);
    if (found === undefined) {
      found = this.json<{ files: string[] }>(`systems/${encodeURIComponent(system)}`).then((one) => one.files);
      found.catch(() => this.files.delete(system));
      this.files.set(system, found);
    }
    return found;
  }

  private file<T>(system: string, name: string): Promise<T> {
    return this.json<T>(`files/${[system, ...name.split("/")].map(encodeURIComponent).join("/")}`);
  }

  private async view(system: string, what: string): Promise<Packed> {
    return unpack(await this.get(`view/${encodeURIComponent(system)}/${what}`));
  }

  private async json<T>(path: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.get(path))) as T;
  }

  private async get(path: string): Promise<ArrayBuffer> {
    this.traffic.requests++;
    const answer = await this.answer(path);
    const body = await answer.arrayBuffer();
    this.traffic.bytes += body.byteLength;
    if (!answer.ok) throw new Error(reason(body) ?? `${path}: the server answered ${answer.status}`);
    return body;
  }

  private async answer(path: string): Promise<Response> {
    try {
      return await fetch(`${this.base}/${path}`, { headers: { Accept: "*/*" } });
    } catch {
      throw new Error("The server does not answer. Is “livn ui server” or “livn ui web” still running?");
    }
  }
}

function reason(body: ArrayBuffer): string | undefined {
  try {
    return (JSON.parse(new TextDecoder().decode(body)) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
