// How many cells have how many edges, as bars.

import { count, h, svg } from "../dom";

const WIDTH = 260;
const HEIGHT = 88;
const MARGIN = { left: 48, right: 6, top: 6, bottom: 28 };
const MOST_BARS = 40;

export interface Bars {
  readonly width: number;
  readonly heights: readonly number[];
}

export function barsOf(values: Uint32Array): Bars {
  const most = mostOf(values);
  const width = Math.max(1, Math.ceil((most + 1) / MOST_BARS));
  const heights = new Array<number>(Math.floor(most / width) + 1).fill(0);
  for (const value of values) heights[Math.floor(value / width)]!++;
  return { width, heights };
}

export function histogram(values: Uint32Array, title: string): HTMLElement {
  if (values.length === 0) return h("p", { className: "quiet" }, "No cells.");
  const { width, heights } = barsOf(values);
  const high = Math.max(...heights);
  const across = (WIDTH - MARGIN.left - MARGIN.right) / heights.length;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const bars = heights.map((value, at) => {
    const tall = (value / high) * down;
    const from = at * width;
    const range = width === 1 ? `${from}` : `${from} to ${from + width - 1}`;
    return svg(
      "rect",
      { x: MARGIN.left + at * across, y: MARGIN.top + down - tall, width: Math.max(0.5, across - 0.6), height: tall, class: "bar" },
      svg("title", {}, `${count(value)} cells with ${range} edges`),
    );
  });
  const text = (x: number, y: number, anchor: string, content: string): SVGElement =>
    svg("text", { x, y, "text-anchor": anchor, class: "tick" }, content);
  const base = MARGIN.top + down;
  const right = WIDTH - MARGIN.right;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${summary(values)}` },
    ...bars,
    svg("line", { x1: MARGIN.left, x2: right, y1: base, y2: base, class: "axis" }),
    text(MARGIN.left - 4, MARGIN.top + 8, "end", count(high)),
    text(MARGIN.left - 4, base, "end", "0"),
    text(MARGIN.left, base + 11, "start", "0"),
    text(right, base + 11, "end", count(mostOf(values))),
    text((MARGIN.left + right) / 2, base + 23, "middle", title),
  );
  const figure = h("figure", { className: "histogram" });
  figure.append(picture, h("figcaption", { className: "quiet" }, summary(values)));
  return figure;
}

function summary(values: Uint32Array): string {
  const sum = values.reduce((total, value) => total + value, 0);
  return `mean ${(sum / values.length).toFixed(1)}, at most ${count(mostOf(values))}`;
}

function mostOf(values: Uint32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
