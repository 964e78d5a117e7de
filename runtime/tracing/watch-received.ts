import type { Consumer } from "../transport/transport.ts";
import type { TaskTraces } from "./task-traces.ts";

/** A consumer that tells of what it hands out. */
export function watchReceived(consumer: Consumer, traces: Pick<TaskTraces, "received">): Consumer {
  const { starting, rememberCrashes, endNow } = consumer;
  return {
    async receive(max) {
      const messages = await consumer.receive(max);
      traces.received(messages);
      return messages;
    },
    acknowledge: (messages) => consumer.acknowledge(messages),
    negativeAcknowledge: (messages, delayMs) => consumer.negativeAcknowledge(messages, delayMs),
    ...(starting && { starting: starting.bind(consumer) }),
    ...(rememberCrashes && { rememberCrashes: rememberCrashes.bind(consumer) }),
    ...(endNow && { endNow: endNow.bind(consumer) }),
    close: () => consumer.close(),
  };
}
