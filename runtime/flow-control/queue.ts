import type { Message } from "../contract/contract.ts";

/** What waits for a permit, in the order in which it is to start. */
export interface Queue {
  readonly length: number;
  push(messages: readonly Message[]): void;
  /** Removes and returns up to `max` messages. */
  take(max: number): Message[];
  /** A task, and how many of its tenant are before it where turns are shared. Looks at all: for people. */
  find(id: string): { readonly message: Message; readonly ahead: number } | undefined;
}

/** First in, first out. */
export function createFifoQueue(): Queue {
  let messages: Message[] = [];
  let head = 0;
  return {
    get length() {
      return messages.length - head;
    },
    push(more) {
      for (const message of more) messages.push(message);
    },
    take(max) {
      const taken = messages.slice(head, head + max);
      head += taken.length;
      if (head === messages.length) {
        messages = [];
        head = 0;
      } else if (head > 1_024) {
        messages = messages.slice(head);
        head = 0;
      }
      return taken;
    },
    find(id) {
      const index = messages.findIndex((message, i) => i >= head && message.id === id);
      return index < 0 ? undefined : { message: messages[index]!, ahead: index - head };
    },
  };
}

/**
 * Turns go round the tenants that wait, one task each. It is deficit round robin (Shreedhar and Varghese, 1995) for
 * tasks of equal cost, where each round's quantum is one task and no deficit is left to carry.
 */
export function createFairQueue(): Queue {
  const tenants = new Map<string, Queue>();
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(messages) {
      for (const [tenant, ofTenant] of Map.groupBy(messages, (message) => message.tenant)) {
        let queue = tenants.get(tenant);
        if (!queue) {
          queue = createFifoQueue();
          tenants.set(tenant, queue);
        }
        queue.push(ofTenant);
      }
      length += messages.length;
    },
    take(max) {
      const taken: Message[] = [];
      // A map iterates in the order of insertion, what is inserted meanwhile included: setting a tenant anew moves it
      // behind all the others, and the loop comes round to it.
      for (const [tenant, queue] of tenants) {
        if (taken.length === max) break;
        taken.push(...queue.take(1));
        length--;
        tenants.delete(tenant);
        if (queue.length > 0) tenants.set(tenant, queue);
      }
      return taken;
    },
    find(id) {
      for (const queue of tenants.values()) {
        const found = queue.find(id);
        if (found) return found;
      }
      return undefined;
    },
  };
}
