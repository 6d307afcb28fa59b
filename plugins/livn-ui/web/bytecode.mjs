// Compiles what Python's start imports of its standard library, in Pyodide itself: node bytecode.mjs [--out FOLDER]
// Pyodide's release has sources only, and compiling them in every tab takes longer than all the rest of the start.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadPyodide } from "pyodide";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = values.out ?? join(here, "..", "livn_ui", "page", "files");

// What Pyodide, NumPy, livn-core, h5pyd and the console import, and what these import in turn.
// A module that is not here is compiled in the tab, as ever.
const ROOTS = `
  asyncio base64 calendar codeop concurrent.futures.thread csv ctypes dataclasses datetime difflib email.message
  email.parser encodings.cp437 encodings.idna hashlib hmac html http.client http.cookiejar importlib.metadata
  importlib.resources.readers json mimetypes numbers pickle platform pyodide.console queue rlcompleter tarfile
  urllib.request uuid zipfile
`;

const COMPILE = `
import importlib, sys, zipfile
from _imp import source_hash
from importlib._bootstrap_external import _RAW_MAGIC_NUMBER, _code_to_hash_pyc

[library] = (one for one in sys.path if one.endswith(".zip"))
for root in roots.split():
    importlib.import_module(root)
used = {str(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
with zipfile.ZipFile(library) as sources, zipfile.ZipFile("/bytecode.zip", "w") as made:
    for name in sorted(sources.namelist()):
        path = f"{library}/{name}"
        # Pyodide's own modules have another licence than Python's, and are few.
        if path in used and name.endswith(".py") and not name.startswith(("pyodide/", "_pyodide/")):
            source = sources.read(name)
            code = compile(source, path, "exec", dont_inherit=True, optimize=0)
            # Never compared with its source: that belongs to a release whose files are known by their hashes.
            compiled = _code_to_hash_pyc(code, source_hash(_RAW_MAGIC_NUMBER, source), False)
            made.writestr(zipfile.ZipInfo(name + "c"), compiled, zipfile.ZIP_DEFLATED, 9)
`;

const python = await loadPyodide();
python.globals.set("roots", ROOTS);
python.runPython(COMPILE);
await mkdir(out, { recursive: true });
await writeFile(join(out, "bytecode.zip"), python.FS.readFile("/bytecode.zip"));
await copyFile(join(here, "licenses", "python.txt"), join(out, "python-LICENSE.txt"));
