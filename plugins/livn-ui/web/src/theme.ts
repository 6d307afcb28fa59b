// Light and dark; the canvas takes its colours from the style sheet's.

import type { Theme } from "./state";
import type { Colors } from "./viewer";

export function applyTheme(theme: Theme): Colors {
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    dark,
    background: color("canvas"),
    lines: color("lines"),
    electrodes: color("electrodes"),
    chosen: color("chosen"),
  };
}
