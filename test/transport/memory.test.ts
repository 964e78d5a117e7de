import { systemClock } from "../../runtime/clock.ts";
import { createMemoryTransport } from "../../runtime/transport/memory.ts";
import { describeTransport } from "./conformance.ts";

describeTransport("memory", async () => ({
  open: async () => createMemoryTransport({ clock: systemClock }),
  remove: async () => {},
}));
