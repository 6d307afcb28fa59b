// The companion file server that also serves this page.

import { array, unpack, type Packed } from "../arrays";
import type { Cells, Degrees, Direction, Electrode, Point, Population, Projection } from "../model";
import type { Source, Traffic } from "./source";

const SELECTION = /^selection\/(.+)\.json$/;

export class Companion implements Source {
  readonly name = "companion server";
  readonly traffic: Traffic = { requests: 0, bytes: 0 };
  private readonly files = new Map<string, Promise<readonly string[]>>();

  constructor(private readonly base: string = ".") {}

  async systems(): Promise<readonly string[]> {
    return this.json<string[]>("systems");
  }

  async cells(system: string): Promise<Cells> {
    const packed = await this.packed(`view/${encodeURIComponent(system)}/cells`);
    const box = array(packed, "bounding_box", Float64Array);
    return {
      populations: JSON.parse(packed.texts["populations"] ?? "[]") as Population[],
      positions: array(packed, "positions", Float32Array),
      box: [[...box.slice(0, 3)] as unknown as Point, [...box.slice(3)] as unknown as Point],
    };
  }

  async electrodes(system: string): Promise<readonly Electrode[]> {
    if (!(await this.sidecars(system)).includes("mea.json")) return [];
    const mea = await this.file<{ electrode_coordinates?: readonly (readonly number[])[] }>(system, "mea.json");
    return (mea.electrode_coordinates ?? []).map(([id, x, y, z]) => ({ id: id ?? 0, place: [x ?? 0, y ?? 0, z ?? 0] }));
  }

  async degrees(system: string): Promise<Degrees> {
    const packed = await this.packed(`view/${encodeURIComponent(system)}/degrees`);
    const projections = JSON.parse(packed.texts["projections"] ?? "[]") as Projection[];
    return {
      projections,
      incoming: projections.map((_, number) => array(packed, `in ${number}`, Uint32Array)),
      outgoing: projections.map((_, number) => array(packed, `out ${number}`, Uint32Array)),
    };
  }

  async selections(system: string): Promise<readonly string[]> {
    return (await this.sidecars(system)).flatMap((name) => SELECTION.exec(name)?.[1] ?? []);
  }

  async selection(system: string, name: string): Promise<readonly number[]> {
    const document = await this.file<{ gids?: Readonly<Record<string, readonly number[]>> }>(system, `selection/${name}.json`);
    return Object.values(document.gids ?? {}).flat();
  }

  async edges(system: string, gid: number, direction: Direction): Promise<readonly number[]> {
    const packed = await this.packed(`view/${encodeURIComponent(system)}/edges?gid=${gid}&direction=${direction}`);
    return Array.from(array(packed, "gids", BigInt64Array), Number);
  }

  private sidecars(system: string): Promise<readonly string[]> {
    let found = this.files.get(system);
    if (found === undefined) {
      found = this.json<{ files: string[] }>(`systems/${encodeURIComponent(system)}`).then((one) => one.files);
      found.catch(() => this.files.delete(system));
      this.files.set(system, found);
    }
    return found;
  }

  private file<T>(system: string, name: string): Promise<T> {
    return this.json<T>(`files/${[system, ...name.split("/")].map(encodeURIComponent).join("/")}`);
  }

  private async packed(path: string): Promise<Packed> {
    return unpack(await this.get(path));
  }

  private async json<T>(path: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.get(path))) as T;
  }

  private async get(path: string): Promise<ArrayBuffer> {
    this.traffic.requests++;
    const answer = await this.answer(path);
    const body = await answer.arrayBuffer();
    this.traffic.bytes += body.byteLength;
    if (!answer.ok) throw new Error(reason(body) ?? `${path}: the server answered ${answer.status}`);
    return body;
  }

  private async answer(path: string): Promise<Response> {
    try {
      return await fetch(`${this.base}/${path}`, { headers: { Accept: "*/*" } });
    } catch {
      throw new Error("The server does not answer. Is “livn ui server” or “livn ui web” still running?");
    }
  }
}

function reason(body: ArrayBuffer): string | undefined {
  try {
    return (JSON.parse(new TextDecoder().decode(body)) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
