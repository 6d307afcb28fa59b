// Where things are on the page.

import { h } from "./dom";

export interface Layout {
  readonly canvas: HTMLCanvasElement;
  readonly systems: HTMLSelectElement;
  readonly sources: HTMLSelectElement;
  readonly buttons: Readonly<Record<"fit" | "link" | "image" | "theme" | "console" | "help", HTMLButtonElement>> & { readonly folder: HTMLInputElement };
  readonly slots: Readonly<Record<"populations" | "selection" | "appearance" | "cell" | "degrees" | "projections" | "console", HTMLElement>>;
  readonly status: HTMLElement;
  readonly alert: HTMLElement;
  readonly help: HTMLDialogElement;
}

const KEYS: readonly (readonly [string, string])[] = [
  ["drag, arrow keys", "turn"],
  ["right drag", "move"],
  ["wheel, + and −", "zoom"],
  ["F", "zoom to fit"],
  ["click, N and P", "choose a cell; the next and the previous one"],
  ["I, O and X", "draw its in-edges, its out-edges, none"],
  ["B, E", "bounding box, electrodes"],
  ["Esc", "choose no cell"],
  ["?", "this list"],
];

export function layOut(into: HTMLElement): Layout {
  const slots = {
    populations: h("div"),
    selection: h("div"),
    appearance: h("div"),
    cell: h("div"),
    degrees: h("div"),
    projections: h("div", { id: "projections", tabIndex: 0, role: "region", aria: { label: "Projections" } }),
    console: h("section", { className: "drawer", hidden: true, aria: { label: "Python console" } }),
  };
  const canvas = h("canvas", { tabIndex: 0, role: "application", aria: { label: "Cells in space. Arrow keys turn, plus and minus zoom, question mark lists all keys." } });
  const systems = h("select", { id: "system" });
  const sources = h("select", { id: "source" });
  const folder = h("input", { type: "file", id: "folder", multiple: true, webkitdirectory: true, className: "hidden" });
  const buttons = {
    fit: button("Fit", "Zoom to fit (F)"),
    link: button("Copy link", "Copy a link that restores this view"),
    image: button("Save picture", "Save the picture as PNG"),
    theme: button("Theme", "Light, dark, or as the system has it"),
    console: button("Console", "Python, in this page"),
    help: button("?", "Keys"),
  };
  const status = h("footer", { role: "status", aria: { live: "polite" } });
  const alert = h("div", { className: "alert", role: "alert", hidden: true });
  const help = helpDialog();
  into.replaceChildren(
    h("header", {}, h("h1", {}, "livn"), h("label", { for: "system", className: "field" }, "System"), systems, h("label", { for: "source", className: "field" }, "from"), sources, folder, h("label", { for: "folder", className: "button", title: "Or drop a folder anywhere on the page" }, "Open folder"), h("span", { className: "grow" }), ...Object.values(buttons)),
    h("aside", { className: "left", aria: { label: "What is shown" } }, section("Populations", slots.populations, slots.selection), section("Appearance", slots.appearance)),
    h("main", {}, h("div", { className: "view" }, canvas, alert), slots.console),
    h("aside", { className: "right", aria: { label: "About the system" } }, section("Cell", slots.cell), section("Projections", slots.projections), section("Degrees", slots.degrees)),
    status,
    help,
  );
  return { canvas, systems, sources, buttons: { ...buttons, folder }, slots, status, alert, help };
}

function button(text: string, title: string): HTMLButtonElement {
  return h("button", { type: "button", title, aria: { label: title } }, text);
}

function section(title: string, ...content: readonly HTMLElement[]): HTMLElement {
  return h("section", {}, h("h2", {}, title), ...content);
}

function helpDialog(): HTMLDialogElement {
  const rows = KEYS.map(([keys, what]) => h("div", { className: "fact" }, h("dt", {}, keys), h("dd", {}, what)));
  const close = h("button", { type: "submit" }, "Close");
  return h("dialog", { aria: { label: "Keys" } }, h("h2", {}, "Keys"), h("dl", {}, ...rows), h("form", { method: "dialog" }, close));
}
