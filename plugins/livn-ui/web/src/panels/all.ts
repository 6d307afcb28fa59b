// All panels, filled from what is known of the system that is shown.

import { bytes, count } from "../dom";
import type { Layout } from "../layout";
import { keepFocus } from "../gestures";
import type { Degrees, Electrode } from "../model";
import { colorOf } from "../scene/colors";
import type { Source } from "../sources/source";
import type { ViewState } from "../state";
import type { Colors, Viewer } from "../viewer";
import { appearance, selectionChoice } from "./appearance";
import { cellPanel } from "./cell";
import { populationList } from "./populations";
import { degreePanel, projectionTable } from "./projections";

/** What is known of the system that is shown; more of it comes after the cells are drawn. */
export interface Shown {
  readonly viewer: Viewer;
  electrodes: readonly Electrode[];
  selections: readonly string[];
  degrees: Degrees | undefined;
  marked: ReadonlySet<number>;
  others: readonly number[];
  /** How many edges of the chosen cell are not drawn. */
  omitted: number;
}

/** How many cells are shown, and where they come from. */
export function statusOf({ viewer, omitted }: Shown, state: ViewState, { name, traffic }: Source): string {
  const visible = viewer.index.populations.filter((one) => !state.hidden.includes(one.name)).reduce((sum, one) => sum + one.count, 0);
  const left = omitted ? `, ${count(omitted)} edges not drawn` : "";
  return `${count(visible)} of ${count(viewer.index.count)} cells shown${left} · from ${name}: ${bytes(traffic.bytes)} in ${count(traffic.requests)} requests`;
}

export interface Act {
  change(change: Partial<ViewState>): void;
  toggle(population: string, shown: boolean): void;
}

export function fillPanels(slots: Layout["slots"], shown: Shown, state: ViewState, colors: Colors, { change, toggle }: Act): void {
  const { viewer, electrodes, degrees, selections } = shown;
  const color = (number: number): string => colorOf(number, colors.dark);
  const facts = { cells: viewer.cells, index: viewer.index, electrodes, degrees };
  keepFocus(() => {
    slots.populations.replaceChildren(populationList(viewer.index.populations, state.hidden, color, toggle));
    slots.selection.replaceChildren(...(selections.length ? [selectionChoice(selections, state.selection, change)] : []));
    slots.appearance.replaceChildren(appearance(state, viewer.usualSize, electrodes.length > 0, change));
    slots.cell.replaceChildren(cellPanel(facts, state.cell, state.edges, (cell) => change({ cell }), (edges) => change({ edges })));
  });
  if (!degrees || slots.projections.hasChildNodes()) return;
  slots.projections.replaceChildren(projectionTable(degrees));
  slots.degrees.replaceChildren(degreePanel(degrees, viewer.index));
}
