// The page: state, what it leads to, and what changes it.

import { h } from "./dom";
import { bindClicks, bindDrop } from "./gestures";
import { bindKeys } from "./keys";
import { layOut, type Layout } from "./layout";
import { CellIndex } from "./model";
import { Notices } from "./notices";
import { fillPanels, statusOf, type Shown } from "./panels/all";
import { Stage } from "./scene/stage";
import type { ConsolePanel } from "./panels/console";
import { consoleOf } from "./python/typed";
import { PythonHost } from "./python/host";
import { Sources, TITLES } from "./sources/all";
import { filesChosen, filesOf, type DroppedFile } from "./sources/drop";
import type { Source } from "./sources/source";
import { copyLink, save } from "./taking";
import { fromHash, START, toHash, type SourceName, type Theme, type ViewState } from "./state";
import { applyTheme } from "./theme";
import { Viewer, type Colors } from "./viewer";

const THEMES: readonly Theme[] = ["auto", "light", "dark"];

class App {
  private state = fromHash(location.hash);
  private readonly layout: Layout;
  private readonly notices: Notices;
  private readonly stage: Stage;
  private colors: Colors;
  private readonly host = new PythonHost();
  private readonly sources = new Sources(this.host);
  source: Source = this.sources.companion;
  private readonly console: ConsolePanel;
  private shown: Shown | undefined;
  /** Counts what was asked for, so that a late answer to an earlier question is dropped. */
  private question = 0;

  constructor(into: HTMLElement) {
    this.layout = layOut(into);
    this.notices = new Notices(this.layout.status, this.layout.alert);
    this.notices.onComplained = () => this.report();
    this.console = consoleOf(this.host, (system) => void this.notices.attempt(() => this.showTyped(system)));
    this.layout.slots.console.append(this.console.element);
    this.stage = new Stage(this.layout.canvas);
    this.stage.onMoved = () => this.remember({ camera: this.stage.place });
    this.colors = applyTheme(this.state.theme);
    this.stage.background = this.colors.background;
    this.bind();
  }

  async start(): Promise<void> {
    const { source, system } = this.state;
    await this.notices.attempt(async () => {
      await this.listSources();
      try {
        await this.list(source, system);
      } catch (error) {
        // A link may name what is not here; then there is something to look at, and why it is not what was meant.
        if (source !== "companion") await this.list("companion", system);
        throw error;
      }
    });
  }

  /** Whether all is done and drawn that was asked for. */
  get idle(): boolean {
    return this.notices.running === 0 && this.stage.atRest;
  }

  private async listSources(): Promise<void> {
    const names = await this.sources.names();
    this.layout.sources.replaceChildren(...names.map((name) => h("option", { value: name }, TITLES[name])));
    this.layout.sources.value = this.state.source;
  }

  /** Take another source, and open one of its systems. */
  private async list(name: SourceName, wanted: string): Promise<void> {
    this.source = await this.sources.get(name);
    const names = await this.source.systems();
    if (!names.length) throw new Error("There is no system yet: put a folder with .h5 files into the server's root_dir and load this page again, or drop one here.");
    this.layout.systems.replaceChildren(...names.map((one) => h("option", { value: one }, one)));
    this.layout.sources.value = name;
    if (wanted && !names.includes(wanted)) this.notices.complain(new Error(`There is no system ${wanted} here; this is ${names[0]!}.`));
    const same = wanted === this.state.system && names.includes(wanted);
    const system = names.includes(wanted) ? wanted : names[0]!;
    const state = same ? this.state : { ...START, theme: this.state.theme, system };
    await this.open({ ...state, source: name });
  }

  private async open(state: ViewState): Promise<void> {
    const question = ++this.question;
    this.layout.systems.value = state.system;
    this.notices.say(`Loading ${state.system} …`);
    const cells = await this.source.cells(state.system);
    if (question !== this.question) return;
    this.layout.slots.projections.replaceChildren();
    this.layout.slots.degrees.replaceChildren();
    this.shown?.viewer.dispose();
    const viewer = new Viewer(this.stage, cells, new CellIndex(cells.populations), []);
    this.shown = { viewer, electrodes: [], selections: [], degrees: undefined, marked: new Set(), others: [], omitted: 0 };
    if (state.camera) viewer.restore(state.camera);
    else viewer.fit();
    this.remember(state);
    document.title = `${state.system} – livn`;
    this.refresh();
    document.body.dataset["ready"] = state.system;
    await this.complete(question, this.shown, state);
  }

  /** Whatever is not needed to draw the cells. */
  private async complete(question: number, shown: Shown, state: ViewState): Promise<void> {
    [shown.electrodes, shown.selections] = await Promise.all([this.source.electrodes(state.system), this.source.selections(state.system)]);
    if (question !== this.question) return;
    shown.viewer.addElectrodes(shown.electrodes);
    await this.mark();
    this.refresh();
    shown.degrees = await this.source.degrees(state.system);
    if (question !== this.question) return;
    this.refresh();
    await this.connect();
    document.body.dataset["complete"] = state.system;
  }

  /** Change the state, and show it. */
  private readonly change = (change: Partial<ViewState>): void => {
    this.remember(change);
    void this.notices.attempt(async () => {
      if ("theme" in change) this.recolor();
      if ("selection" in change) await this.mark();
      if ("cell" in change || "edges" in change) await this.connect();
      this.refresh();
    });
  };

  private remember(change: Partial<ViewState>): void {
    this.state = { ...this.state, ...change };
    history.replaceState(null, "", toHash(this.state));
  }

  private recolor(): void {
    this.colors = applyTheme(this.state.theme);
    this.stage.background = this.colors.background;
    this.layout.buttons.theme.textContent = `Theme: ${this.state.theme}`;
  }

  private async mark(): Promise<void> {
    const { shown, state } = this;
    if (!shown) return;
    const gids = state.selection ? await this.source.selection(state.system, state.selection) : [];
    if (shown === this.shown) shown.marked = new Set(gids.flatMap((gid) => shown.viewer.index.index(gid) ?? []));
  }

  private async connect(): Promise<void> {
    const { shown, state } = this;
    if (!shown) return;
    const number = state.cell === undefined ? undefined : shown.viewer.index.index(state.cell);
    const wanted = number !== undefined && state.edges !== "none";
    const gids = wanted ? await this.source.edges(state.system, state.cell!, state.edges as "in" | "out") : [];
    if (shown !== this.shown || state.cell !== this.state.cell || state.edges !== this.state.edges) return;
    shown.others = gids.flatMap((gid) => shown.viewer.index.index(gid) ?? []);
    this.refresh();
  }

  private refresh(): void {
    const { shown, state, colors } = this;
    if (!shown) return;
    const { viewer } = shown;
    const number = state.cell === undefined ? undefined : viewer.index.index(state.cell);
    const partners = shown.others.length && number !== undefined ? [number, ...shown.others] : [];
    viewer.show(state, colors, new Set([...shown.marked, ...partners]));
    shown.omitted = viewer.choose(number, shown.others, colors);
    fillPanels(this.layout.slots, shown, state, colors, { change: this.change, toggle: this.toggle });
    this.report();
  }

  private report(): void {
    this.notices.say(this.shown ? statusOf(this.shown, this.state, this.source) : "");
  }

  private readonly toggle = (name: string, shown: boolean): void => {
    const others = this.state.hidden.filter((one) => one !== name);
    this.change({ hidden: shown ? others : [...others, name] });
  };

  private step(by: number): void {
    const { shown, state } = this;
    if (!shown) return;
    const { index } = shown.viewer;
    const now = state.cell === undefined ? undefined : index.index(state.cell);
    const next = now === undefined ? 0 : (now + by + index.count) % index.count;
    if (index.count) this.change({ cell: index.gid(next) });
  }

  private bind(): void {
    const { canvas, systems, sources, buttons, help } = this.layout;
    sources.addEventListener("change", () => void this.notices.attempt(() => this.switchSource(sources.value as SourceName)));
    buttons.console.addEventListener("click", () => this.toggleConsole());
    buttons.folder.addEventListener("change", () => void this.notices.attempt(() => this.take(filesChosen(buttons.folder.files!))));
    bindDrop(document.body, (items) => void this.notices.attempt(async () => this.take(await filesOf(items))));
    this.host.onEnded = () => void this.notices.attempt(() => this.recover());
    this.host.onProgress = (text) => this.notices.say(text);
    this.host.onPrint = (text, wrong) => this.console.print(text, wrong ? "wrong" : "said");
    systems.addEventListener("change", () => void this.notices.attempt(() => this.switchTo(systems.value)));
    buttons.fit.addEventListener("click", () => this.shown?.viewer.fit());
    buttons.theme.textContent = `Theme: ${this.state.theme}`;
    buttons.theme.addEventListener("click", () => this.change({ theme: THEMES[(THEMES.indexOf(this.state.theme) + 1) % THEMES.length]! }));
    buttons.link.addEventListener("click", () => void this.notices.attempt(async () => this.notices.say(await copyLink())));
    buttons.image.addEventListener("click", () => void this.notices.attempt(async () => save(await this.stage.image(), `${this.state.system}.png`)));
    buttons.help.addEventListener("click", () => help.showModal());
    bindClicks(canvas, (x, y) => this.clicked(x, y));
    bindKeys(canvas, {
      turn: (x, y) => this.stage.turn(x, y),
      zoom: (factor) => this.stage.zoom(factor),
      fit: () => this.shown?.viewer.fit(),
      step: (by) => this.step(by),
      choose: (edges) => this.change({ edges }),
      forget: () => this.change({ cell: undefined }),
      toggle: (what) => this.change({ [what]: !this.state[what] }),
      help: () => help.showModal(),
    });
    window.addEventListener("hashchange", () => void this.notices.attempt(() => this.restore(fromHash(location.hash))));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.change({ theme: this.state.theme }));
  }

  private async restore(state: ViewState): Promise<void> {
    await this.open({ ...state, system: state.system || this.state.system });
    this.recolor();
    this.refresh();
  }

  private async switchTo(system: string): Promise<void> {
    const { source, size, opacity, box, electrodes, edges, theme } = this.state;
    await this.instead(() => this.open({ ...START, source, size, opacity, box, electrodes, edges, theme, system }));
  }

  private async switchSource(name: SourceName): Promise<void> {
    await this.instead(() => this.list(name, this.state.system));
  }

  /** Show something else; where that fails, all stays as it is. */
  private async instead(show: () => Promise<void>): Promise<void> {
    this.notices.calm();
    const { source } = this;
    try {
      await show();
    } catch (error) {
      this.source = source;
      this.layout.sources.value = this.state.source;
      this.layout.systems.value = this.state.system;
      throw error;
    }
  }

  /** Show systems among files that somebody dropped or chose. */
  private async take(files: readonly DroppedFile[]): Promise<void> {
    if (!(await this.sources.take(files))) throw new Error("There is no system among these files: a folder with graph.h5, or with cells.h5 and connections.h5.");
    await this.listSources();
    await this.instead(() => this.list("dropped", ""));
  }

  private toggleConsole(): void {
    const { console: slot } = this.layout.slots;
    slot.hidden = !slot.hidden;
    this.layout.buttons.console.setAttribute("aria-expanded", String(!slot.hidden));
    if (slot.hidden) return;
    this.console.focus();
    void this.notices.attempt(async () => {
      await this.host.ready();
      this.report();
      this.console.print("Python is ready: np, livn_core, System, open_neuroh5 and predefined are imported. What is named system is shown.");
    });
  }

  /** Show what the console's `system` has become. */
  private async showTyped(name: string): Promise<void> {
    this.sources.typed = name;
    await this.listSources();
    await this.instead(() => this.list("console", name));
  }

  /** Python was ended, and with it what it had open: what is read elsewhere is opened again. */
  private async recover(): Promise<void> {
    this.sources.typed = "";
    const { source, system } = this.state;
    await Promise.all([this.host.ready(), this.listSources()]);
    if (source !== "companion") await this.list(source === "console" ? "companion" : source, system);
    this.report();
  }

  private clicked(x: number, y: number): void {
    const number = this.shown?.viewer.at(x, y);
    this.change({ cell: number === undefined ? undefined : this.shown!.viewer.index.gid(number) });
  }
}

const app = new App(document.getElementById("app")!);
// For the browser's own console, and for tests.
Object.assign(window, { livn: app });
void app.start();