// The console, and the Python that it talks to.

import { ConsolePanel } from "../panels/console";
import type { PythonHost } from "./host";

/** A console; `show` is called with the name of a system whenever one was typed. */
export function consoleOf(host: PythonHost, show: (system: string) => void): ConsolePanel {
  return new ConsolePanel({
    push: async (line) => {
      const { more, system } = await (await host.ready()).call("push", line);
      if (system) show(system);
      return more;
    },
    complete: async (text) => (await host.ready()).call("complete", text),
    forget: async () => (await host.ready()).call("forget"),
    interrupt: () => host.interrupt(),
  });
}
