import { expect, test } from "vitest";
import type { Clock } from "../../../runtime/contract/clock.ts";
import type { Message, RateSettings } from "../../../runtime/contract/contract.ts";
import { createAdmission } from "../../../runtime/flow-control/admission.ts";
import { createGate } from "../../../runtime/flow-control/gate.ts";
import { createSimulatedClock } from "../../../runtime/testing/testing.ts";

const messages = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `${i}` }) as unknown as Message);

/** An admission with a gate of its own; `timers` counts those that are set and have neither fired nor been cancelled. */
function open({ maxInFlight = 1_000, rate = null as RateSettings | null } = {}) {
  const simulated = createSimulatedClock(1);
  let timers = 0;
  const clock: Clock = {
    ...simulated,
    after(delayMs, run) {
      timers++;
      let isOver = false;
      const end = () => {
        if (!isOver) timers--;
        isOver = true;
      };
      const cancel = simulated.after(delayMs, () => {
        end();
        run();
      });
      return () => {
        end();
        cancel();
      };
    },
  };
  const admitted: Message[] = [];
  const gate = createGate(10_000);
  const admission = createAdmission({
    ...{ gate, limit: { current: () => maxInFlight }, priority: "normal", rate, fair: false, clock },
    admit: (more) => void admitted.push(...more),
  });
  return { admission, admitted, gate, advance: (ms: number) => simulated.advance(ms), timers: () => timers };
}

const TEN = { count: 10, periodMs: 1_000 };

test("what is offered starts up to the limit, and goes on as permits come back", () => {
  const { admission, admitted, gate } = open({ maxInFlight: 3 });
  admission.offer(messages(5));
  expect([admitted.length, admission.inFlight, admission.waiting, gate.inFlight]).toEqual([3, 3, 2, 3]);
  admission.release(2);
  expect([admitted.length, admission.inFlight, admission.waiting, gate.inFlight]).toEqual([5, 3, 0, 3]);
  admission.release(3);
  expect([admission.inFlight, gate.inFlight, admission.counts.admitted]).toEqual([0, 0, 5]);
});

test("with a rate one timer waits while something does, and none otherwise", async () => {
  const { admission, admitted, advance, timers } = open({ rate: TEN });
  admission.offer(messages(10));
  expect([admitted.length, timers()]).toEqual([10, 0]);
  admission.offer(messages(2));
  admission.offer(messages(1));
  expect([admitted.length, timers()]).toEqual([10, 1]);
  await advance(100);
  expect([admitted.length, timers()]).toEqual([11, 1]);
  await advance(200);
  expect([admitted.length, timers()]).toEqual([13, 0]);
});

test("stopped, it starts nothing more, and no timer is left", async () => {
  const { admission, admitted, advance, timers } = open({ maxInFlight: 12, rate: TEN });
  admission.offer(messages(30));
  expect([admitted.length, timers()]).toEqual([10, 1]);
  admission.stop();
  expect(timers()).toBe(0);
  admission.release(10);
  admission.offer(messages(1));
  await advance(10_000);
  expect([admitted.length, timers()]).toEqual([10, 0]);
});

test("stopped without a rate, it ends quietly", () => {
  const { admission, admitted } = open();
  admission.stop();
  admission.offer(messages(3));
  expect(admitted).toEqual([]);
});

test("paused, it starts nothing and waits by no timer; then it goes on", async () => {
  const { admission, admitted, advance, timers } = open({ rate: TEN });
  admission.change({ rate: TEN, paused: true });
  admission.offer(messages(15));
  await advance(5_000);
  expect([admitted.length, timers()]).toEqual([0, 0]);
  admission.change({ rate: TEN, paused: false });
  expect(admitted).toHaveLength(10);
  await advance(500);
  expect(admitted).toHaveLength(15);
});

test("the same rate again gives no new tokens; another one, of another count or period, holds at once", async () => {
  const { admission, admitted, advance, timers } = open({ rate: TEN });
  admission.offer(messages(1_000));
  admission.change({ rate: { ...TEN }, paused: false });
  expect([admitted.length, timers()]).toEqual([10, 1]);
  admission.change({ rate: { count: 20, periodMs: 1_000 }, paused: false });
  expect([admitted.length, timers()]).toEqual([30, 1]);
  admission.change({ rate: { count: 20, periodMs: 60_000 }, paused: false });
  expect([admitted.length, timers()]).toEqual([50, 1]);
  await advance(3_000);
  expect(admitted).toHaveLength(51);
  admission.change({ rate: null, paused: false });
  expect([admitted.length, timers()]).toEqual([1_000, 0]);
});

test("it says what keeps tasks waiting: a pause, the limit, the rate, or others who have the process's permits", () => {
  const { admission, gate } = open({ maxInFlight: 20, rate: TEN });
  expect(admission.binds).toBeUndefined();
  admission.offer(messages(5));
  expect(admission.binds).toBeUndefined();
  admission.offer(messages(10));
  expect(admission.binds).toBe("rate");
  admission.change({ rate: null, paused: false });
  expect(admission.binds).toBeUndefined();
  admission.offer(messages(10));
  expect(admission.binds).toBe("limit");
  admission.change({ rate: null, paused: true });
  expect(admission.binds).toBe("paused");
  admission.change({ rate: null, paused: false });
  // Another subscriber takes all that there is, and what comes free.
  gate.apply({ priority: "high", wants: () => 10_000, grant: () => {} });
  admission.release(15);
  expect(admission.binds).toBe("permits");
  expect(admission.find("9")).toMatchObject({ state: "permits" });
  expect(admission.find("none")).toBeUndefined();
});
