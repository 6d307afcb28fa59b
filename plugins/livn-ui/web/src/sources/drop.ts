// Folders that somebody drops on the page, or chooses.

export interface DroppedFile {
  readonly path: string;
  readonly file: File;
}

export interface Dropped {
  readonly files: readonly DroppedFile[];
  /** Name of each system, and its folder. */
  readonly systems: ReadonlyMap<string, string>;
}

const STRUCTURE = /^(?:(.*)\/)?(?:graph|cells)\.h5$/;

/** Find the systems among files: folders with a graph.h5 or a cells.h5. */
export function dropped(files: readonly DroppedFile[]): Dropped {
  const systems = new Map<string, string>();
  for (const { path } of files) {
    const found = STRUCTURE.exec(path);
    if (found) systems.set(found[1]?.split("/").at(-1) ?? "dropped", found[1] ?? "");
  }
  return { files, systems };
}

/** All files of what was dropped, in folders of any depth. */
export async function filesOf(items: DataTransferItemList): Promise<readonly DroppedFile[]> {
  // Entries must be taken before anything is waited for: the list is emptied then.
  const entries = [...items].flatMap((one) => one.webkitGetAsEntry() ?? []);
  return (await Promise.all(entries.map((one) => walk(one)))).flat();
}

/** The same for a file dialogue. */
export function filesChosen(files: FileList): readonly DroppedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function walk(entry: FileSystemEntry): Promise<readonly DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A reader gives a hundred at a time, and nothing when it is done.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((one) => walk(one)))).flat();
}
