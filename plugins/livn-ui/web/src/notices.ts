// What the page says: the line at the bottom, and what went wrong, in words.

import { h } from "./dom";

export class Notices {
  /** How many things are being done. */
  running = 0;
  /** Called after something went wrong, to say again how things are. */
  onComplained: () => void = () => undefined;

  constructor(
    private readonly status: HTMLElement,
    private readonly alert: HTMLElement,
  ) {}

  say(text: string): void {
    this.status.textContent = text;
  }

  complain(error: unknown): void {
    const { alert } = this;
    const close = h("button", { type: "button", aria: { label: "Dismiss" } }, "×");
    close.addEventListener("click", () => this.calm());
    alert.replaceChildren(h("span", {}, error instanceof Error ? error.message : String(error)), close);
    alert.hidden = false;
    this.onComplained();
  }

  calm(): void {
    this.alert.hidden = true;
  }

  /** Do something that may fail, and say it where it does. */
  async attempt(work: () => Promise<void>): Promise<void> {
    this.running++;
    try {
      await work();
    } catch (error) {
      this.complain(error);
    } finally {
      this.running--;
    }
  }
}
