// What the page knows of a system, wherever it came from.

export interface Population {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

export interface Projection {
  readonly pre: string;
  readonly post: string;
  readonly edges: number;
}

export interface Degrees {
  readonly projections: readonly Projection[];
  /** For each projection, an entry for each cell of its post population. */
  readonly incoming: readonly Uint32Array[];
  /** For each projection, an entry for each cell of its pre population. */
  readonly outgoing: readonly Uint32Array[];
}

export interface Cells {
  readonly populations: readonly Population[];
  /** x, y, z of each cell in µm, in the order of the populations. */
  readonly positions: Float32Array;
  /** Lowest and highest corner, µm. */
  readonly box: readonly [Point, Point];
}

export type Point = readonly [number, number, number];
export type Direction = "in" | "out";

export interface Electrode {
  readonly id: number;
  readonly place: Point;
}

/** The cells in the order of `positions`, and how their numbers there and their gids belong together. */
export class CellIndex {
  readonly count: number;
  private readonly firsts: number[] = [];

  constructor(readonly populations: readonly Population[]) {
    let first = 0;
    for (const one of populations) {
      this.firsts.push(first);
      first += one.count;
    }
    this.count = first;
  }

  gid(index: number): number {
    const which = this.populationAt(index);
    return this.populations[which]!.start + index - this.firsts[which]!;
  }

  /** The number of a cell, or undefined where there is no such cell. */
  index(gid: number): number | undefined {
    const which = this.populations.findIndex((one) => gid >= one.start && gid < one.start + one.count);
    return which < 0 ? undefined : this.firsts[which]! + gid - this.populations[which]!.start;
  }

  populationAt(index: number): number {
    let which = this.firsts.length - 1;
    while (which > 0 && this.firsts[which]! > index) which--;
    return which;
  }

  range(which: number): readonly [number, number] {
    const first = this.firsts[which]!;
    return [first, first + this.populations[which]!.count];
  }
}

export function placeOf(positions: Float32Array, index: number): Point {
  return [positions[3 * index]!, positions[3 * index + 1]!, positions[3 * index + 2]!];
}

export function nearestElectrode(place: Point, electrodes: readonly Electrode[]): { electrode: Electrode; distance: number } | undefined {
  let found: { electrode: Electrode; distance: number } | undefined;
  for (const electrode of electrodes) {
    const distance = Math.hypot(...place.map((value, axis) => value - electrode.place[axis]!));
    if (found === undefined || distance < found.distance) found = { electrode, distance };
  }
  return found;
}

/** How many edges arrive at a cell, or come from it, over all projections. */
export function degreeOf(degrees: Degrees, population: string, place: number, direction: Direction): number {
  const [key, counts] = direction === "in" ? (["post", degrees.incoming] as const) : (["pre", degrees.outgoing] as const);
  return degrees.projections.reduce(
    (sum, one, number) => sum + (one[key] === population ? counts[number]![place]! : 0),
    0,
  );
}
