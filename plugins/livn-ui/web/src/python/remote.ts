// The worker that runs Python, as an object with functions that answer later.

import type { Answer, Calls, Name, Question } from "./protocol";
import type { Traffic } from "../sources/source";

export class Python {
  readonly traffic: Traffic = { requests: 0, bytes: 0 };
  onPrint: (text: string, wrong: boolean) => void = () => undefined;
  onProgress: (text: string) => void = () => undefined;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private last = 0;
  private over: Error | undefined;

  constructor(address: string) {
    this.worker = new Worker(address);
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.take(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      // Pyodide's event loop raises an interrupt once more, after the statement has ended with it.
      if (!event.message.includes("KeyboardInterrupt")) this.fail(new Error(event.message || "Python could not be loaded."));
    };
  }

  call<N extends Name>(name: N, ...args: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>> {
    if (this.over) return Promise.reject(this.over);
    const question: Question = { id: ++this.last, name, args };
    return new Promise((resolve, reject) => {
      this.waiting.set(question.id, { resolve: resolve as (value: unknown) => void, reject });
      this.worker.postMessage(question);
    });
  }

  /** End it, whatever it is doing; whoever waits for it, or asks it later, is told why. */
  stop(why: string): void {
    this.worker.terminate();
    this.over = new Error(why);
    this.fail(this.over);
  }

  private take(answer: Answer): void {
    if ("print" in answer) this.onPrint(answer.print, answer.wrong);
    else if ("progress" in answer) this.onProgress(answer.progress);
    else {
      Object.assign(this.traffic, answer.traffic);
      const { resolve, reject } = this.waiting.get(answer.id) ?? {};
      this.waiting.delete(answer.id);
      if ("error" in answer) reject?.(new Error(answer.error));
      else resolve?.(answer.value);
    }
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
