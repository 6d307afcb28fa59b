// What is done with the pointer, and where the focus stays.

const CLICK = 5;

/** A click is a press and a release at the same place; anything else turns the view. */
export function bindClicks(canvas: HTMLCanvasElement, clicked: (x: number, y: number) => void): void {
  let from: PointerEvent | undefined;
  canvas.addEventListener("pointerdown", (event) => (from = event));
  canvas.addEventListener("pointerup", (event) => {
    const still = from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) < CLICK;
    if (still && event.button === 0) clicked(event.offsetX, event.offsetY);
  });
}

/** Files may be dropped anywhere on the page. */
export function bindDrop(page: HTMLElement, dropped: (items: DataTransferItemList) => void): void {
  page.addEventListener("dragover", (event) => event.preventDefault());
  page.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer) dropped(event.dataTransfer.items);
  });
}

/** Panels are made anew when something changes; whoever was typing or tabbing stays where they were. */
export function keepFocus(change: () => void): void {
  const active = document.activeElement;
  const panel = active?.closest("aside");
  const focusable = "input, select, button";
  const at = panel && active ? [...panel.querySelectorAll(focusable)].indexOf(active) : -1;
  change();
  if (panel && at >= 0) (panel.querySelectorAll(focusable)[at] as HTMLElement | undefined)?.focus();
}
