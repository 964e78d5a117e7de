import type { Message } from "../contract/contract.ts";
import type { Position } from "./message-position.ts";
import type { Range, SubscriptionState } from "./subscription-state.ts";

/** A record that was in flight when a process ended, and how many processes have ended since while they ran it alone. */
export interface Suspect {
  readonly partition: number;
  readonly offset: number;
  readonly crashes: number;
}

const NONE: readonly Suspect[] = [];

/** Makes suspects of records. What is counted for one already stays. */
export function suspect({ partitions }: SubscriptionState, ranges: readonly Range[]): void {
  for (const { partition, first, end } of ranges) {
    const { suspects } = partitions[partition]!;
    for (let offset = first; offset < end; offset++) if (!suspects.has(offset)) suspects.set(offset, 0);
  }
}

/** Keeps the `crashes` of messages. */
export function rememberCrashes({ partitions }: SubscriptionState, messages: readonly Message[]): void {
  for (const { position, crashes = 0 } of messages) {
    const { partition, offset } = position as Position;
    partitions[partition]!.suspects.set(offset, crashes);
  }
}

/** Which of the records are suspects. */
export function suspectsIn({ partitions }: SubscriptionState, ranges: readonly Range[]): readonly Suspect[] {
  if (partitions.every(({ suspects }) => suspects.size === 0)) return NONE;
  const found: Suspect[] = [];
  for (const { partition, first, end } of ranges) {
    const { suspects } = partitions[partition]!;
    for (let offset = first; offset < end; offset++) {
      const crashes = suspects.get(offset);
      if (crashes !== undefined) found.push({ partition, offset, crashes });
    }
  }
  return found;
}

/** The messages, those that are suspects with their count. */
export function markSuspects(messages: Message[], suspects: readonly Suspect[]): Message[] {
  if (suspects.length === 0) return messages;
  const counts = new Map(suspects.map(({ partition, offset, crashes }) => [`${partition} ${offset}`, crashes]));
  return messages.map((message) => {
    const { partition, offset } = message.position as Position;
    const crashes = counts.get(`${partition} ${offset}`);
    return crashes === undefined ? message : { ...message, crashes };
  });
}
