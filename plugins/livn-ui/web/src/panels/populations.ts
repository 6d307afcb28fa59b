// The populations: which of them are shown.

import { count, h } from "../dom";
import type { Population } from "../model";

export function populationList(
  populations: readonly Population[],
  hidden: readonly string[],
  color: (number: number) => string,
  toggle: (name: string, shown: boolean) => void,
): HTMLElement {
  const rows = populations.map((one, number) => {
    const box = h("input", { type: "checkbox", checked: !hidden.includes(one.name), data: { population: one.name } });
    box.addEventListener("change", () => toggle(one.name, box.checked));
    const dot = h("span", { className: "dot", style: `background:${color(number)}`, aria: { hidden: "true" } });
    return h("label", { className: "row" }, box, dot, h("span", { className: "name" }, one.name), h("span", { className: "number" }, count(one.count)));
  });
  return h("div", { role: "group", aria: { label: "Populations shown" } }, ...rows);
}
