// What is shown and how; a link restores it.

import type { Direction, Point } from "./model";
import type { CameraPlace } from "./scene/stage";

export type Theme = "auto" | "light" | "dark";

/** Where data come from: the server's views, Python over HSDS, Python over raw files, or what was dropped or typed. */
export const SOURCES = ["companion", "hsds", "files", "dropped", "console"] as const;
export type SourceName = (typeof SOURCES)[number];

export interface ViewState {
  readonly source: SourceName;
  readonly system: string;
  readonly hidden: readonly string[];
  /** Of points, in pixels; by the number of cells where it is not chosen. */
  readonly size: number | undefined;
  readonly opacity: number;
  readonly box: boolean;
  readonly electrodes: boolean;
  readonly selection: string;
  readonly cell: number | undefined;
  readonly edges: Direction | "none";
  readonly theme: Theme;
  readonly camera: CameraPlace | undefined;
}

export const START: ViewState = {
  source: "companion",
  system: "",
  hidden: [],
  size: undefined,
  opacity: 1,
  box: true,
  electrodes: true,
  selection: "",
  cell: undefined,
  edges: "in",
  theme: "auto",
  camera: undefined,
};

/** The part of an address that restores a state; what is as at the start is left out. */
export function toHash(state: ViewState): string {
  const found = new URLSearchParams();
  const add = (name: string, value: string, usual: string): void => {
    if (value !== usual) found.set(name, value);
  };
  add("source", state.source, START.source);
  add("system", state.system, "");
  state.hidden.forEach((name) => found.append("hide", name));
  add("size", String(state.size ?? ""), "");
  add("opacity", String(state.opacity), String(START.opacity));
  add("box", String(state.box), String(START.box));
  add("electrodes", String(state.electrodes), String(START.electrodes));
  add("selection", state.selection, "");
  add("cell", String(state.cell ?? ""), "");
  add("edges", state.edges, START.edges);
  add("theme", state.theme, START.theme);
  if (state.camera) add("camera", [...state.camera.from, ...state.camera.to].map((one) => Number(one.toPrecision(8))).join("_"), "");
  return `#${found.toString()}`;
}

/** The state that an address stands for; whatever makes no sense in it is as at the start. */
export function fromHash(hash: string): ViewState {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  const pick = <T extends string>(name: string, allowed: readonly T[], usual: T): T =>
    allowed.find((one) => one === found.get(name)) ?? usual;
  const cell = found.get("cell");
  return {
    source: pick("source", SOURCES, START.source),
    system: found.get("system") ?? "",
    hidden: found.getAll("hide"),
    size: within(found.get("size"), 1, 20, undefined),
    opacity: within(found.get("opacity"), 0.05, 1, START.opacity),
    box: found.get("box") !== "false",
    electrodes: found.get("electrodes") !== "false",
    selection: found.get("selection") ?? "",
    cell: cell !== null && /^\d{1,15}$/.test(cell) ? Number(cell) : undefined,
    edges: pick("edges", ["in", "out", "none"], START.edges),
    theme: pick("theme", ["auto", "light", "dark"], START.theme),
    camera: cameraOf(found.get("camera")),
  };
}

function within<T>(text: string | null, low: number, high: number, usual: T): number | T {
  const value = text === null || text === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : usual;
}

function cameraOf(text: string | null): CameraPlace | undefined {
  const numbers = (text ?? "").split("_").map(Number);
  if (numbers.length !== 6 || !numbers.every(Number.isFinite)) return undefined;
  return { from: numbers.slice(0, 3) as unknown as Point, to: numbers.slice(3) as unknown as Point };
}
