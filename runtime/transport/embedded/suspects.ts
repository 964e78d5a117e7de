import type { Message } from "../../contract.ts";
import type { Store } from "../../storage/environment.ts";
import type { Position } from "../message-position.ts";
import type { Range } from "../subscription-state.ts";
import type { SubscriptionName } from "./cursors.ts";
import type { CursorTables } from "./stores.ts";

export type Suspects = ReturnType<typeof createSuspects>;

/**
 * Records that were in flight when a process ended, and how many processes have ended while they ran one alone. Nothing
 * is written for a record before: what a dead process held tells it afterwards. Like who holds what, it outlives every
 * process, but not a reboot of the machine.
 */
export function createSuspects(store: Store<CursorTables>) {
  const { suspects } = store.tables;

  function areThere({ topic, subscription }: SubscriptionName): boolean {
    // Otherwise what this turn of the event loop has read already hides what was written since.
    store.refresh();
    for (const _ of suspects.getKeys({ start: [topic, subscription], end: [topic, subscription, "~"], limit: 1 }))
      return true;
    return false;
  }

  const keyOf = ({ topic, subscription }: SubscriptionName, { position }: Message) => {
    const { partition, offset } = position as Position;
    return [topic, subscription, partition, offset];
  };

  return {
    /** To be called within a transaction. What is counted for a record already stays. */
    enter({ topic, subscription }: SubscriptionName, ranges: readonly Range[]): void {
      for (const { partition, first, end } of ranges) {
        for (let offset = first; offset < end; offset++) {
          const key = [topic, subscription, partition, offset];
          if (!suspects.doesExist(key)) suspects.putSync(key, 0);
        }
      }
    },

    /** The messages, those that are suspects with their count. */
    mark(name: SubscriptionName, messages: Message[]): Message[] {
      if (!areThere(name)) return messages;
      return messages.map((message) => {
        const crashes = suspects.get(keyOf(name, message));
        return crashes === undefined ? message : { ...message, crashes };
      });
    },

    /** To be called within a transaction: messages with their counts. */
    remember(name: SubscriptionName, messages: readonly Message[]): void {
      for (const message of messages) suspects.putSync(keyOf(name, message), message.crashes ?? 0);
    },

    /** To be called within a transaction. */
    forget(name: SubscriptionName, messages: readonly Message[]): void {
      for (const message of messages) suspects.removeSync(keyOf(name, message));
    },
  };
}
