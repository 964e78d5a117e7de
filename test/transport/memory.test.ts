import { createMemoryTransport } from "../../runtime/adapters/memory/memory.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { describeTransport } from "./conformance.ts";

describeTransport("memory", async () => ({
  open: async () => createMemoryTransport({ clock: systemClock }),
  remove: async () => {},
}));
