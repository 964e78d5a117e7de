import type { Message } from "../contract/contract.ts";

/** Lets at most so many tasks of one key run at once, in no order. */
export interface KeyLimit {
  /** Those of the messages that may start now; the others wait for one of their key to end. */
  enter(messages: readonly Message[]): Message[];
  /** Ends some that run; those that take their places may start now. */
  leave(messages: readonly Message[]): Message[];
  /** How many of its key are before a task that waits; `undefined`: it does not. Looks at all. */
  find(id: string): { readonly message: Message; readonly ahead: number } | undefined;
}

interface Key {
  running: number;
  /** Absent: none of it had to wait, the ordinary case. */
  waiting?: Message[];
}

export function createKeyLimit(max: number): KeyLimit {
  const keys = new Map<string, Key>();
  return {
    enter(messages) {
      const starting: Message[] = [];
      for (const message of messages) {
        const key = keys.get(message.key);
        if (!key) keys.set(message.key, { running: 1 });
        else if (key.running < max) key.running += 1;
        else {
          key.waiting ??= [];
          key.waiting.push(message);
          continue;
        }
        starting.push(message);
      }
      return starting;
    },
    leave(messages) {
      const starting: Message[] = [];
      for (const message of messages) {
        const key = keys.get(message.key);
        if (!key) continue;
        const next = key.waiting?.shift();
        if (next) starting.push(next);
        else {
          key.running -= 1;
          if (key.running === 0) keys.delete(message.key);
        }
      }
      return starting;
    },
    find(id) {
      for (const { running, waiting = [] } of keys.values()) {
        const index = waiting.findIndex((message) => message.id === id);
        if (index >= 0) return { message: waiting[index]!, ahead: running + index };
      }
      return undefined;
    },
  };
}
