import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Processes that tests start, the CLI above all, strip the types of its sources once for the whole run, not each anew. */
export default async function shareCompiled(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-compiled-"));
  process.env.NODE_COMPILE_CACHE = folder;
  // The last processes may write theirs as they end.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
