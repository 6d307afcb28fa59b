// The projections as a table, and the degrees of one of them, or of all together, as histograms.

import { count, h } from "../dom";
import type { CellIndex, Degrees, Direction } from "../model";
import { histogram } from "./histogram";

export function projectionTable(degrees: Degrees): HTMLElement {
  const head = ["projection", "edges", "mean in", "mean out"].map((text, at) => h("th", { scope: "col", className: at ? "number" : "" }, text));
  const rows = degrees.projections.map((one, number) => {
    const mean = (values: Uint32Array): string => (values.length ? (one.edges / values.length).toFixed(1) : "–");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, `${one.pre} → ${one.post}`),
      ...[count(one.edges), mean(degrees.incoming[number]!), mean(degrees.outgoing[number]!)].map((text) => h("td", { className: "number" }, text)),
    );
  });
  if (!rows.length) return h("p", { className: "quiet" }, "This system has no projections.");
  return h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

export function degreePanel(degrees: Degrees, index: CellIndex): HTMLElement {
  const options = ["All projections", ...degrees.projections.map((one) => `${one.pre} → ${one.post}`)];
  const select = h("select", { id: "degrees-of" }, ...options.map((text, at) => h("option", { value: String(at - 1) }, text)));
  const pictures = h("div");
  const show = (): void => {
    const which = Number(select.value);
    const [incoming, outgoing] =
      which < 0 ? [total(degrees, index, "in"), total(degrees, index, "out")] : [degrees.incoming[which]!, degrees.outgoing[which]!];
    pictures.replaceChildren(histogram(incoming, "in-degree"), histogram(outgoing, "out-degree"));
  };
  select.addEventListener("change", show);
  show();
  return h("div", {}, h("label", { className: "field", for: "degrees-of" }, "of "), select, pictures);
}

function total(degrees: Degrees, index: CellIndex, direction: Direction): Uint32Array {
  const sum = new Uint32Array(index.count);
  degrees.projections.forEach((one, number) => {
    const name = direction === "in" ? one.post : one.pre;
    const counts = (direction === "in" ? degrees.incoming : degrees.outgoing)[number]!;
    const which = index.populations.findIndex((population) => population.name === name);
    if (which < 0) return;
    const [first] = index.range(which);
    counts.forEach((value, place) => (sum[first + place]! += value));
  });
  return sum;
}
