// Several arrays in one answer, in the safetensors format; the same as livn_ui/view/arrays.py.

export type Numbers = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

export interface Packed {
  readonly arrays: ReadonlyMap<string, Numbers>;
  readonly texts: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

const KINDS: Readonly<Record<string, { new (buffer: ArrayBuffer, at: number, count: number): Numbers; BYTES_PER_ELEMENT: number }>> = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
};

export function unpack(buffer: ArrayBuffer): Packed {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const start = 8 + length;
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length))) as Record<string, unknown>;
  const { __metadata__: texts = {}, ...entries } = header;
  const arrays = new Map<string, Numbers>();
  for (const [name, entry] of Object.entries(entries as Record<string, Entry>)) {
    const kind = KINDS[entry.dtype];
    if (kind === undefined) throw new Error(`an array of the unknown type ${entry.dtype}`);
    const [begin, end] = entry.data_offsets;
    arrays.set(name, new kind(buffer, start + begin, (end - begin) / kind.BYTES_PER_ELEMENT));
  }
  return { arrays, texts: texts as Record<string, string> };
}

export function array<T extends Numbers>(packed: Packed, name: string, kind: { new (...args: never[]): T }): T {
  const found = packed.arrays.get(name);
  if (!(found instanceof kind)) throw new Error(`the answer lacks the array ${name}`);
  return found;
}
