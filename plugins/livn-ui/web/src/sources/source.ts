// Where data come from, as the rest of the page sees it.

import type { Cells, Degrees, Direction, Electrode } from "../model";

export interface Traffic {
  requests: number;
  bytes: number;
}

export interface Source {
  /** What it is called in the status line. */
  readonly name: string;
  readonly traffic: Readonly<Traffic>;
  systems(): Promise<readonly string[]>;
  cells(system: string): Promise<Cells>;
  electrodes(system: string): Promise<readonly Electrode[]>;
  degrees(system: string): Promise<Degrees>;
  /** Names of stored selections. */
  selections(system: string): Promise<readonly string[]>;
  /** The gids of a stored selection. */
  selection(system: string, name: string): Promise<readonly number[]>;
  /** The gids of the cells at the other end of a cell's edges, one for each edge. */
  edges(system: string, gid: number, direction: Direction): Promise<readonly number[]>;
}
