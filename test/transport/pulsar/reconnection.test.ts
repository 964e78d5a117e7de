import { expect, test } from "vitest";
import { createReconnection } from "../../../runtime/adapters/pulsar/reconnection.ts";
import { type Clock, systemClock } from "../../../runtime/contract/clock.ts";

test("a process is kept for what is asked of a connection, and by none that was closed, whoever still waits for it", () => {
  let kept = 0;
  const clock: Clock = {
    ...systemClock,
    after() {
      kept += 1;
      return () => {
        kept -= 1;
      };
    },
  };
  const reconnection = createReconnection({
    attempt: async () => {},
    faultOf: (error) => {
      throw error;
    },
    ...{ isFinal: () => false, onFailed() {}, timeoutMs: 1_000, clock },
  });
  reconnection.keepProcess(true);
  reconnection.keepProcess(true);
  expect(kept).toBe(1);
  reconnection.stop();
  expect(kept).toBe(0);
  // As a consumer does that receives while another source is opened in the place of this one.
  reconnection.keepProcess(true);
  expect(kept).toBe(0);
});
