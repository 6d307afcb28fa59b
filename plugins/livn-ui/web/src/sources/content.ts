// What views and JSON files hold, in the terms of the page; the same for all sources.

import { array, type Packed } from "../arrays";
import type { Cells, Degrees, Electrode, Point, Population, Projection } from "../model";

export interface Mea {
  readonly electrode_coordinates?: readonly (readonly number[])[];
}

export interface Selection {
  readonly gids?: Readonly<Record<string, readonly number[]>>;
}

const SELECTION = /^selection\/(.+)\.json$/;

export function cellsOf(packed: Packed): Cells {
  const box = [...array(packed, "bounding_box", Float64Array)];
  return {
    populations: JSON.parse(packed.texts["populations"] ?? "[]") as Population[],
    positions: array(packed, "positions", Float32Array),
    box: [box.slice(0, 3) as unknown as Point, box.slice(3) as unknown as Point],
  };
}

export function degreesOf(packed: Packed): Degrees {
  const projections = JSON.parse(packed.texts["projections"] ?? "[]") as Projection[];
  return {
    projections,
    incoming: projections.map((_, number) => array(packed, `in ${number}`, Uint32Array)),
    outgoing: projections.map((_, number) => array(packed, `out ${number}`, Uint32Array)),
  };
}

export function edgesOf(packed: Packed): readonly number[] {
  return Array.from(array(packed, "gids", BigInt64Array), Number);
}

export function electrodesOf(mea: Mea): readonly Electrode[] {
  return (mea.electrode_coordinates ?? []).map(([id, x, y, z]) => ({ id: id ?? 0, place: [x ?? 0, y ?? 0, z ?? 0] }));
}

export function selectionsIn(files: readonly string[]): readonly string[] {
  return files.flatMap((name) => SELECTION.exec(name)?.[1] ?? []);
}

export function gidsOf(selection: Selection): readonly number[] {
  return Object.values(selection.gids ?? {}).flat();
}
