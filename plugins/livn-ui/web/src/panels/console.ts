// A console for Python: lines, history, completion, and a way to stop what takes too long.

import { h } from "../dom";

export interface ConsoleActions {
  push(line: string): Promise<boolean>;
  complete(text: string): Promise<{ names: readonly string[]; from: number }>;
  /** Stop what runs. */
  interrupt(): void;
  /** Drop the lines of a statement that is not complete. */
  forget(): Promise<void>;
}

export class ConsolePanel {
  readonly element: HTMLElement;
  private readonly output = h("div", { className: "output", role: "log", aria: { label: "Output of Python" } });
  private readonly prompt = h("span", { className: "prompt", aria: { hidden: "true" } }, ">>>");
  private readonly input = h("input", { type: "text", id: "python", autocomplete: "off", spellcheck: false, aria: { label: "Python" } });
  private readonly past: string[] = [];
  private at = 0;
  private busy = false;

  constructor(private readonly actions: ConsoleActions) {
    this.input.autocapitalize = "off";
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.element = h("div", { className: "console" }, this.output, h("div", { className: "line" }, this.prompt, this.input));
    new ResizeObserver(() => this.toEnd()).observe(this.output);
    this.element.addEventListener("click", () => getSelection()?.isCollapsed && this.input.focus());
  }

  focus(): void {
    this.input.focus();
  }

  print(text: string, kind: "typed" | "said" | "wrong" = "said"): void {
    this.output.append(h("div", { className: kind }, text));
    this.toEnd();
  }

  private toEnd(): void {
    this.output.scrollTop = this.output.scrollHeight;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Enter") void this.enter();
    else if (event.key === "ArrowUp") this.recall(-1);
    else if (event.key === "ArrowDown") this.recall(1);
    else if (event.key === "Tab" && this.input.value.trim()) void this.complete();
    else if (event.key === "c" && event.ctrlKey && getSelection()?.isCollapsed) void this.stop();
    else return;
    event.preventDefault();
  }

  private async stop(): Promise<void> {
    if (this.busy) {
      this.actions.interrupt();
      return;
    }
    this.print(`${this.prompt.textContent!} ${this.input.value}`, "typed");
    this.input.value = "";
    this.prompt.textContent = ">>>";
    await this.actions.forget();
  }

  private async enter(): Promise<void> {
    if (this.busy) return;
    const lines = this.input.value.split("\n");
    this.input.value = "";
    for (const line of lines) {
      this.print(`${this.prompt.textContent!} ${line}`, "typed");
      if (line.trim() && line !== this.past.at(-1)) this.past.push(line);
      this.at = this.past.length;
      await this.run(line);
    }
  }

  private async run(line: string): Promise<void> {
    this.busy = true;
    this.element.classList.add("busy");
    try {
      this.prompt.textContent = (await this.actions.push(line)) ? "..." : ">>>";
    } catch (error) {
      this.print(error instanceof Error ? error.message : String(error), "wrong");
      this.prompt.textContent = ">>>";
    } finally {
      this.busy = false;
      this.element.classList.remove("busy");
    }
  }

  private recall(by: number): void {
    this.at = Math.max(0, Math.min(this.past.length, this.at + by));
    this.input.value = this.past[this.at] ?? "";
  }

  private async complete(): Promise<void> {
    const before = this.input.value.slice(0, this.input.selectionStart ?? undefined);
    const { names, from } = await this.actions.complete(before);
    const common = names.length ? names.reduce(commonStart) : "";
    if (names.length > 1 && common === before.slice(from)) this.print(names.join("  "));
    if (common.length > before.length - from) {
      this.input.setRangeText(common, from, before.length, "end");
    }
  }
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}
