import type { Message } from "../contract/contract.ts";
import type { DelayStore } from "./delay-store.ts";

/** Whether it may have been put off by a worker that died before it could settle it, and was cancelled or rescheduled since. */
function isLate({ dueAt, attempt, subscription }: Message, nowMs: number): boolean {
  return dueAt > 0 && dueAt <= nowMs && attempt === 1 && subscription === "";
}

/** Whether the delay store has to be asked for any of them. */
export function hasLate(messages: readonly Message[], nowMs: number): boolean {
  return messages.some((message) => isLate(message, nowMs));
}

/** Those that are cancelled or rescheduled, of delayed tasks that come from the topic when they are due already. */
export async function outdatedAmong(
  messages: readonly Message[],
  nowMs: number,
  outdated: DelayStore["outdated"],
): Promise<ReadonlySet<Message>> {
  const late = messages.filter((message) => isLate(message, nowMs));
  const ids = await outdated(late);
  return new Set(late.filter(({ id }) => ids.has(id)));
}
