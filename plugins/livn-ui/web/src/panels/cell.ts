// One cell: who it is, where, and how it is connected.

import { count, h, short } from "../dom";
import { degreeOf, nearestElectrode, placeOf, type CellIndex, type Cells, type Degrees, type Direction, type Electrode } from "../model";

export interface CellFacts {
  readonly cells: Cells;
  readonly index: CellIndex;
  readonly electrodes: readonly Electrode[];
  readonly degrees: Degrees | undefined;
}

export function cellPanel(
  facts: CellFacts,
  gid: number | undefined,
  edges: Direction | "none",
  choose: (gid: number | undefined) => void,
  draw: (edges: Direction | "none") => void,
): HTMLElement {
  const field = h("input", { id: "gid", type: "number", min: "0", step: "1", placeholder: "gid", value: gid === undefined ? "" : String(gid) });
  field.addEventListener("change", () => choose(field.value === "" ? undefined : Number(field.value)));
  const finder = h("div", { className: "row" }, h("label", { for: "gid" }, "gid"), field);
  const number = gid === undefined ? undefined : facts.index.index(gid);
  if (gid === undefined || number === undefined) {
    return h("div", {}, finder, h("p", { className: "quiet" }, gid === undefined ? "Click a cell, or give its gid." : `There is no cell ${gid}.`));
  }
  const rows = factRows(facts, number).map(([name, text]) => h("div", { className: "fact" }, h("dt", {}, name), h("dd", {}, text)));
  return h("div", {}, finder, h("dl", { data: { cell: String(gid) } }, ...rows), edgeChoice(edges, draw));
}

function factRows({ cells, index, electrodes, degrees }: CellFacts, number: number): [string, string][] {
  const place = placeOf(cells.positions, number);
  const which = index.populationAt(number);
  const { name } = index.populations[which]!;
  const at = number - index.range(which)[0];
  const near = nearestElectrode(place, electrodes);
  return [
    ["population", name],
    ["position", `${place.map(short).join(", ")} µm`],
    ["electrode", near ? `${near.electrode.id}, ${short(near.distance)} µm away` : "none"],
    ["in-degree", degrees ? count(degreeOf(degrees, name, at, "in")) : "…"],
    ["out-degree", degrees ? count(degreeOf(degrees, name, at, "out")) : "…"],
  ];
}

function edgeChoice(edges: Direction | "none", draw: (edges: Direction | "none") => void): HTMLElement {
  const texts = { in: "in", out: "out", none: "none" } as const;
  const choices = Object.entries(texts).map(([value, text]) => {
    const button = h("input", { type: "radio", name: "edges", value, checked: value === edges });
    button.addEventListener("change", () => draw(value as Direction | "none"));
    return h("label", {}, button, text);
  });
  return h("fieldset", { className: "choice" }, h("legend", {}, "Draw edges"), ...choices);
}
