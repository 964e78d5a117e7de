import type { ForeignMessage, ForeignQueue } from "./foreign-queue.ts";
import type { Deliver, Delivered } from "./pump.ts";

/** Sends messages on to another queue of the same system, as they are. A queue that knows ids gets each once. */
export function deliverToQueue(to: ForeignQueue): Deliver {
  const send = async (messages: readonly ForeignMessage[]) =>
    to.send(messages.map(({ id, body, key, headers }) => ({ id, body, key, headers })));
  return async (messages) => {
    try {
      await send(messages);
      return messages.map(() => ({ kind: "durable" }));
    } catch (error) {
      // One that can't be written must not hold up the others.
      if (!(error instanceof SyntaxError)) return messages.map(() => ({ kind: "later", error }));
      return Promise.all(messages.map((message) => sendAlone(message)));
    }
  };

  async function sendAlone(message: ForeignMessage): Promise<Delivered> {
    try {
      await send([message]);
      return { kind: "durable" };
    } catch (error) {
      if (!(error instanceof SyntaxError)) return { kind: "later", error };
      return { kind: "malformed", reason: `its body is no JSON: ${error.message}` };
    }
  }
}
