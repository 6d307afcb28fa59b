// What keys do while the picture has the focus.

import type { Direction } from "./model";

export interface Actions {
  turn(sideways: number, upwards: number): void;
  zoom(factor: number): void;
  fit(): void;
  step(by: number): void;
  choose(edges: Direction | "none"): void;
  forget(): void;
  toggle(what: "box" | "electrodes"): void;
  help(): void;
}

const TURN = Math.PI / 24;
const ZOOM = 1.15;

export function bindKeys(canvas: HTMLElement, act: Actions): void {
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => act.turn(-TURN, 0),
    ArrowRight: () => act.turn(TURN, 0),
    ArrowUp: () => act.turn(0, TURN),
    ArrowDown: () => act.turn(0, -TURN),
    "+": () => act.zoom(ZOOM),
    "=": () => act.zoom(ZOOM),
    "-": () => act.zoom(1 / ZOOM),
    f: () => act.fit(),
    n: () => act.step(1),
    p: () => act.step(-1),
    i: () => act.choose("in"),
    o: () => act.choose("out"),
    x: () => act.choose("none"),
    b: () => act.toggle("box"),
    e: () => act.toggle("electrodes"),
    Escape: () => act.forget(),
    "?": () => act.help(),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
