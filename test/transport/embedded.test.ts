import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { describeTransport } from "./conformance.ts";

describeTransport("embedded", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-embedded-"));
  return {
    open: () => openEmbeddedTransport({ folder, clock: systemClock }),
    elsewhere: { module: join(import.meta.dirname, "embedded-elsewhere.ts"), argument: folder },
    remove: () => rm(folder, { recursive: true }),
  };
});
