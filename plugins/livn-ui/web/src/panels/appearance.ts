// How things look: sliders and switches.

import { h } from "../dom";
import type { ViewState } from "../state";

type Change = (change: Partial<ViewState>) => void;

export function appearance(state: ViewState, usualSize: number, hasElectrodes: boolean, change: Change): HTMLElement {
  return h(
    "div",
    {},
    slider("Point size", state.size ?? usualSize, 1, 20, 0.5, (size) => change({ size })),
    slider("Opacity", state.opacity, 0.05, 1, 0.05, (opacity) => change({ opacity })),
    toggle("Bounding box", state.box, false, (box) => change({ box })),
    toggle("Electrodes", state.electrodes && hasElectrodes, !hasElectrodes, (electrodes) => change({ electrodes })),
  );
}

export function selectionChoice(names: readonly string[], chosen: string, change: Change): HTMLElement {
  const options = [["", "all cells alike"] as const, ...names.map((name) => [name, name] as const)];
  const select = h("select", { id: "selection" }, ...options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => change({ selection: select.value }));
  return h("div", { className: "row" }, h("label", { for: "selection" }, "Highlight"), select);
}

function slider(text: string, value: number, min: number, max: number, step: number, change: (value: number) => void): HTMLElement {
  const input = h("input", { type: "range", min: String(min), max: String(max), step: String(step) });
  input.value = String(value);
  input.addEventListener("input", () => change(Number(input.value)));
  return h("label", { className: "row" }, h("span", { className: "name" }, text), input);
}

function toggle(text: string, checked: boolean, disabled: boolean, change: (value: boolean) => void): HTMLElement {
  const input = h("input", { type: "checkbox", checked, disabled });
  input.addEventListener("change", () => change(input.checked));
  return h("label", { className: "row" }, input, h("span", { className: "name" }, text));
}
