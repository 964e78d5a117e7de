import { Buffer } from "node:buffer";
import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from "node:fs";

const BYTE = Buffer.from([1]);

export type Bell = ReturnType<typeof createBell>;

/**
 * A file that processes write to for others to notice, which takes the system a tenth of a millisecond. It says that
 * there may be something new, and nothing else; whoever cannot afford to miss it looks by itself now and then.
 */
export function createBell(file: string) {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o664);
  let watcher: FSWatcher | undefined;

  return {
    ring(): void {
      writeSync(descriptor, BYTE, 0, 1, 0);
    },
    /** Calls `run` when it rings, this process' own ringing included. False where files cannot be watched. */
    onRing(run: () => void): boolean {
      try {
        watcher = watch(file, { persistent: false }, run);
      } catch {
        return false;
      }
      // Where watching fails later, looking now and then remains.
      watcher.on("error", () => watcher?.close());
      return true;
    },
    close(): void {
      watcher?.close();
      closeSync(descriptor);
    },
  };
}
