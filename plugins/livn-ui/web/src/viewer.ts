// One system on the stage.

import { CellPoints, Look } from "./scene/cells";
import { colorOf } from "./scene/colors";
import { boxLines, dispose, edgeLines, electrodePoints, ring } from "./scene/extras";
import { pick } from "./scene/pick";
import type { Stage } from "./scene/stage";
import { placeOf, type CellIndex, type Cells, type Electrode, type Point } from "./model";
import type { ViewState } from "./state";
import type * as THREE from "three";

export interface Colors {
  readonly dark: boolean;
  readonly background: string;
  readonly lines: string;
  readonly electrodes: string;
  readonly chosen: string;
}

const MOST_EDGES = 50_000;
const SIZES = { least: 1.5, most: 9 };
/** Of the distance between neighbours, as they are seen at first. */
const SHARE = 0.75;

export class Viewer {
  private readonly points: CellPoints;
  private readonly extras: { box?: THREE.Object3D; electrodes?: THREE.Object3D; edges?: THREE.Object3D; ring?: THREE.Object3D } = {};
  private readonly extent: Cells["box"];
  /** Of points, in pixels, where somebody has chosen it. */
  private size: number | undefined;

  constructor(
    private readonly stage: Stage,
    readonly cells: Cells,
    readonly index: CellIndex,
    private electrodes: readonly Electrode[],
  ) {
    this.extent = extentOf(cells);
    this.points = new CellPoints(cells.positions);
    stage.scene.add(this.points.object);
    stage.slow = false;
    stage.onRatio = (ratio, coarse) => {
      this.points.pixelRatio = ratio;
      this.points.thinned = coarse;
    };
    this.points.pixelRatio = stage.ratio;
    stage.onFitted = () => this.fitted();
  }

  fit(): void {
    this.stage.fit(this.extent);
  }

  /** The size of points where nobody has chosen one: the more cells, the smaller. */
  usualSize = SIZES.most;

  /** Sizes are relative to the view of the whole, also where a link restores another one. */
  restore(place: NonNullable<ViewState["camera"]>): void {
    this.fit();
    this.stage.place = place;
  }

  addElectrodes(electrodes: readonly Electrode[]): void {
    this.electrodes = electrodes;
  }

  /** Draw as a state has it, with some cells marked. */
  show(state: ViewState, colors: Colors, marked: ReadonlySet<number>): void {
    this.size = state.size;
    this.points.size = state.size ?? this.usualSize;
    this.points.ground = colors.background;
    this.points.opacity = state.opacity;
    this.index.populations.forEach((_, number) => this.points.paint(...this.index.range(number), colorOf(number, colors.dark)));
    this.points.look((looks) => {
      looks.fill(marked.size ? Look.Dimmed : Look.Normal);
      for (const number of marked) looks[number] = Look.Marked;
      this.index.populations.forEach((one, number) => {
        if (state.hidden.includes(one.name)) looks.fill(Look.Hidden, ...this.index.range(number));
      });
    });
    this.replace("box", state.box ? boxLines(this.cells.box, colors.lines) : undefined);
    const squares = state.electrodes && this.electrodes.length > 0;
    this.replace("electrodes", squares ? electrodePoints(this.electrodes, colors.electrodes, this.stage.ratio) : undefined);
    this.stage.draw();
  }

  /** Ring one cell, and draw lines from it to others; says how many lines were left out. */
  choose(number: number | undefined, others: readonly number[], colors: Colors): number {
    const drawn = others.slice(0, MOST_EDGES);
    const place = number === undefined ? undefined : placeOf(this.cells.positions, number);
    const colorAt = (index: number): string => colorOf(this.index.populationAt(index), colors.dark);
    this.replace("ring", place && ring(place, colors.chosen, this.stage.ratio));
    this.replace("edges", place && drawn.length ? edgeLines(place, this.cells.positions, drawn, colorAt) : undefined);
    this.stage.draw();
    return others.length - drawn.length;
  }

  at(x: number, y: number): number | undefined {
    const { clientWidth, clientHeight } = this.stage.canvas;
    return pick(this.points, this.stage.camera, x, y, clientWidth, clientHeight);
  }

  dispose(): void {
    for (const one of Object.values(this.extras)) if (one) dispose(one);
    this.points.object.removeFromParent();
    this.points.dispose();
  }

  private fitted(): void {
    const [low, high] = this.extent;
    const [, wide, long] = high.map((value, axis) => value - low[axis]!).sort((one, other) => one - other) as unknown as Point;
    const between = this.stage.scale * Math.sqrt((wide * long) / Math.max(1, this.index.count));
    this.usualSize = Math.min(SIZES.most, Math.max(SIZES.least, Math.round(2 * SHARE * between) / 2));
    this.points.size = this.size ?? this.usualSize;
    this.points.reach = this.stage.distance;
  }

  private replace(name: keyof Viewer["extras"], object: THREE.Object3D | undefined): void {
    const old = this.extras[name];
    if (old) dispose(old);
    delete this.extras[name];
    if (object) {
      this.extras[name] = object;
      this.stage.scene.add(object);
    }
  }
}

/** The box around all cells, which may lie outside of the declared one. */
function extentOf({ positions, box }: Cells): Cells["box"] {
  const low = [...box[0]] as [number, number, number];
  const high = [...box[1]] as [number, number, number];
  for (let at = 0; at < positions.length; at++) {
    const axis = at % 3;
    const value = positions[at]!;
    if (value < low[axis]!) low[axis] = value;
    if (value > high[axis]!) high[axis] = value;
  }
  return [low, high];
}
