import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../contract/clock.ts";
import type { Transport } from "../transport/transport.ts";
import { countCrashes } from "./count-crashes.ts";
import type { CrashStore } from "./crash-store.ts";

/** Opens where counts of crashes are kept, once somebody consumes. */
export type OpenCrashStore = () => Promise<CrashStore>;

/** Counts the crashes of this machine's processes on a transport that keeps no counts. `place` tells clusters apart that it works for. */
export function countCrashesHere(transport: Transport, openStore: OpenCrashStore, place: unknown): Transport {
  const hash = createHash("sha256").update(JSON.stringify(place)).digest("hex").slice(0, 16);
  return countCrashes(transport, {
    openStore,
    // It outlives the process, and in a pod its container.
    folder: join(tmpdir(), `fivefold-${process.getuid?.() ?? "user"}-${hash}`),
    clock: systemClock,
    reportProblem: ({ message }) => process.emitWarning(message),
  });
}
