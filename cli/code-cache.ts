import { closeSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire, getCompileCacheDir } from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";

/** Scripts that ran without kept code, and where theirs is to be kept. */
const unkept: { readonly script: Script; readonly file: string; readonly flags: number }[] = [];

/**
 * Runs a CommonJS script, and returns what it exports. Node's cache of compiled code holds what is compiled when a script
 * is loaded; what is kept here has the functions, too, that ran. Where Node is told to cache nothing, neither does this.
 */
export function loadScript(path: string): unknown {
  const require = createRequire(path);
  const folder = getCompileCacheDir?.();
  if (folder === undefined) return require(path);
  const { size, mtimeMs } = statSync(path);
  const flags = cachedDataVersionTag();
  const file = join(folder, `fivefold-${crc32(`${path} ${size} ${mtimeMs}`).toString(16)}-${flags.toString(16)}`);
  const cachedData = readKept(file);
  const script = new Script(readWrapped(path, size), { filename: path, ...(cachedData && { cachedData }) });
  if (!cachedData || script.cachedDataRejected) unkept.push({ script, file, flags });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, dirname(path));
  return module.exports;
}

const OPENING = "(function (exports, require, module, __filename, __dirname) { ";
const CLOSING = "\n})";

/** A script in the function that gives it what CommonJS does: in one piece, since to join strings would copy it again. */
function readWrapped(path: string, size: number): string {
  const bytes = Buffer.allocUnsafe(OPENING.length + size + CLOSING.length);
  bytes.write(OPENING);
  const file = openSync(path, "r");
  try {
    if (readSync(file, bytes, OPENING.length, size, 0) !== size) throw new Error(`${path} is being written.`);
  } finally {
    closeSync(file);
  }
  bytes.write(CLOSING, OPENING.length + size);
  return bytes.toString();
}

/** Keeps what was compiled in this process. V8's flags must be what they were when scripts were loaded. */
export function keepCode(): void {
  for (const { script, file, flags } of unkept) {
    if (cachedDataVersionTag() === flags) keep(file, script.createCachedData());
  }
}

/** V8 trusts what it is given, so a file that is not whole must not reach it. */
function readKept(file: string): Buffer | undefined {
  try {
    const kept = readFileSync(file);
    const code = kept.subarray(CHECKSUM);
    return kept.readUInt32LE() === crc32(code) ? code : undefined;
  } catch {
    // There is none yet, or it was cut short.
    return undefined;
  }
}

const CHECKSUM = Uint32Array.BYTES_PER_ELEMENT;

function keep(file: string, code: Buffer): void {
  const checksum = Buffer.alloc(CHECKSUM);
  checksum.writeUInt32LE(crc32(code));
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.concat([checksum, code]));
    renameSync(draft, file);
  } catch {
    // Where nothing can be kept, the next one compiles again.
  }
}
