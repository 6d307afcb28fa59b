// Colours that the colour-blind can tell apart too: Paul Tol's schemes "bright" and "muted" (personal.sron.nl/~pault).

const DARK = ["#66ccee", "#ee6677", "#ccbb44", "#228833", "#aa3377", "#4477aa", "#ee8866", "#88ccee", "#ddcc77", "#44aa99", "#cc6677", "#999933", "#aa4499", "#bbbbbb"];
const LIGHT = ["#4477aa", "#d1495b", "#228833", "#a88600", "#aa3377", "#2a9db8", "#cc6633", "#332288", "#117733", "#999933", "#882255", "#44aa99", "#661100", "#777777"];

export function colorOf(population: number, dark: boolean): string {
  const all = dark ? DARK : LIGHT;
  return all[population % all.length]!;
}
