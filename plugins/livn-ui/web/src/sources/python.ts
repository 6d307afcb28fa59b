// Systems that livn-core reads right here, in the browser.

import { unpack, type Packed } from "../arrays";
import type { Cells, Degrees, Direction, Electrode } from "../model";
import type { Python } from "../python/remote";
import { cellsOf, degreesOf, edgesOf, electrodesOf, gidsOf, selectionsIn, type Mea, type Selection } from "./content";
import type { Source, Traffic } from "./source";

/** How Python reaches a system of some name; nothing where the console has it. */
export interface Place {
  readonly uri: string;
  readonly backend: string;
}

export class PythonSource implements Source {
  private opened = "";

  constructor(
    readonly name: string,
    private readonly python: Python,
    private readonly names: () => Promise<readonly string[]>,
    private readonly place: (system: string) => Place | undefined,
  ) {}

  get traffic(): Readonly<Traffic> {
    return this.python.traffic;
  }

  systems(): Promise<readonly string[]> {
    return this.names();
  }

  async cells(system: string): Promise<Cells> {
    const place = this.place(system);
    if (place) await this.python.call("open", place.uri, place.backend);
    else await this.python.call("retake");
    this.opened = system;
    return cellsOf(await this.view(system, "cells"));
  }

  async electrodes(_system: string): Promise<readonly Electrode[]> {
    return (await this.sidecars()).includes("mea.json") ? electrodesOf(await this.sidecar<Mea>("mea.json")) : [];
  }

  async degrees(system: string): Promise<Degrees> {
    return degreesOf(await this.view(system, "degrees"));
  }

  async selections(): Promise<readonly string[]> {
    return selectionsIn(await this.sidecars());
  }

  async selection(_system: string, name: string): Promise<readonly number[]> {
    return gidsOf(await this.sidecar<Selection>(`selection/${name}.json`));
  }

  async edges(system: string, gid: number, direction: Direction): Promise<readonly number[]> {
    return edgesOf(await this.view(system, "edges", { gid, direction }));
  }

  private async view(system: string, name: string, args: Readonly<Record<string, string | number>> = {}): Promise<Packed> {
    if (system !== this.opened) throw new Error(`${system} is no longer open.`);
    return unpack(await this.python.call("view", name, args));
  }

  private async sidecars(): Promise<readonly string[]> {
    return JSON.parse(await this.python.call("sidecars")) as string[];
  }

  private async sidecar<T>(name: string): Promise<T> {
    return JSON.parse(await this.python.call("sidecar", name)) as T;
  }
}
