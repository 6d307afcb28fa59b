// Making elements in one line each.

type Child = Node | string;
type Props<K extends keyof HTMLElementTagNameMap> = Omit<Partial<HTMLElementTagNameMap[K]>, "style" | "dataset"> & {
  style?: string;
  data?: Readonly<Record<string, string>>;
  aria?: Readonly<Record<string, string>>;
  role?: string;
  for?: string;
};

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props?: Props<K>, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { style, data, aria, role, for: target, ...rest } = (props ?? {}) as Props<K>;
  Object.assign(element, rest);
  if (style !== undefined) element.style.cssText = style;
  if (role !== undefined) element.setAttribute("role", role);
  if (target !== undefined) element.setAttribute("for", target);
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Readonly<Record<string, string | number>>, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

const COUNT = new Intl.NumberFormat("en");

export const count = (value: number): string => COUNT.format(value);

/** A number of µm or the like, with no more digits than are of use. */
export const short = (value: number): string => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value)} ${units[unit]!}`;
}
