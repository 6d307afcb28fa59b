// ZIP archives, as far as it takes to make one of two.

const END = 0x06054b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;

/** The files of both; Python finds compiled modules first, whatever the order. Neither archive may have a comment. */
export function joined(one: ArrayBuffer, other: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const first = partsOf(one);
  const second = partsOf(other);
  const directory = concatenated(first.directory, moved(second, first.files.length));
  const end = new Uint8Array(END_SIZE);
  const fields = new DataView(end.buffer);
  fields.setUint32(0, END, true);
  fields.setUint16(8, first.count + second.count, true);
  fields.setUint16(10, first.count + second.count, true);
  fields.setUint32(12, directory.length, true);
  fields.setUint32(16, first.files.length + second.files.length, true);
  return concatenated(first.files, second.files, directory, end);
}

interface Parts {
  readonly files: Uint8Array;
  readonly directory: Uint8Array;
  readonly count: number;
}

function partsOf(archive: ArrayBuffer): Parts {
  const end = new DataView(archive, archive.byteLength - END_SIZE);
  if (end.getUint32(0, true) !== END) throw new Error("no ZIP archive, or one with a comment");
  const start = end.getUint32(16, true);
  const directory = new Uint8Array(archive, start, end.getUint32(12, true));
  return { files: new Uint8Array(archive, 0, start), directory, count: end.getUint16(10, true) };
}

/** The directory of an archive that no longer begins at 0. */
function moved({ directory, count }: Parts, by: number): Uint8Array {
  const copy = directory.slice();
  const fields = new DataView(copy.buffer);
  for (let entry = 0, at = 0; entry < count; entry++) {
    fields.setUint32(at + 42, fields.getUint32(at + 42, true) + by, true);
    at += ENTRY_SIZE + fields.getUint16(at + 28, true) + fields.getUint16(at + 30, true) + fields.getUint16(at + 32, true);
  }
  return copy;
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
