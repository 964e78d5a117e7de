import type { Message } from "../contract/contract.ts";

/** Runs the tasks of one key one after another: a lane a key, of which only the head may start. */
export interface Lanes {
  /** Those of the messages that may start now; the others wait behind their key's head. */
  enter(messages: readonly Message[]): Message[];
  /** Ends these heads; those that follow them may start now. */
  leave(messages: readonly Message[]): Message[];
  /** How many of its key are before a task that waits behind them; `undefined`: it does not. Looks at all. */
  find(id: string): { readonly message: Message; readonly ahead: number } | undefined;
  /** Takes out what waits behind a key's head. */
  takeBehind(key: string): readonly Message[];
  /** Puts back what was taken out, before what came since. */
  putBehind(key: string, messages: readonly Message[]): void;
}

/** A key with a head and nothing behind it has this shared tail, so that the ordinary case allocates no array. */
const NOBODY: Message[] = [];

export function createLanes(): Lanes {
  const behind = new Map<string, Message[]>();
  return {
    enter(messages) {
      const heads: Message[] = [];
      for (const message of messages) {
        const tail = behind.get(message.key);
        if (tail === undefined) {
          behind.set(message.key, NOBODY);
          heads.push(message);
        } else if (tail === NOBODY) {
          behind.set(message.key, [message]);
        } else {
          tail.push(message);
        }
      }
      return heads;
    },
    leave(messages) {
      const heads: Message[] = [];
      for (const { key } of messages) {
        const next = behind.get(key)?.shift();
        if (next === undefined) behind.delete(key);
        else heads.push(next);
      }
      return heads;
    },
    find(id) {
      for (const tail of behind.values()) {
        const index = tail.findIndex((message) => message.id === id);
        // The key's first is before those that wait.
        if (index >= 0) return { message: tail[index]!, ahead: index + 1 };
      }
      return undefined;
    },
    takeBehind(key) {
      const tail = behind.get(key);
      if (tail === undefined || tail === NOBODY) return NOBODY;
      behind.set(key, NOBODY);
      return tail;
    },
    putBehind(key, messages) {
      behind.set(key, [...messages, ...(behind.get(key) ?? [])]);
    },
  };
}
