import type { Message } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { Range } from "./subscription-state.ts";
import type { Consumer } from "./transport.ts";

/** Where a message lies in its topic: what `position` is for this project's own stores. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** The messages' places, neighbours joined: a batch that is settled as it came is one range. */
export function rangesOf(messages: readonly Message[]): Range[] {
  const ranges: Range[] = [];
  let partition = -1;
  let first = 0;
  let end = 0;
  for (const message of messages) {
    const position = message.position as Position;
    if (position.partition === partition && position.offset === end) {
      end += 1;
      continue;
    }
    if (end > first) ranges.push({ partition, first, end });
    partition = position.partition;
    first = position.offset;
    end = first + 1;
  }
  if (end > first) ranges.push({ partition, first, end });
  return ranges;
}

/** What `position` is for consumers that are made of several: which one a message is of, and its place there. */
class RoutedPosition {
  readonly consumer: Consumer;
  readonly position: unknown;

  constructor(consumer: Consumer, position: unknown) {
    this.consumer = consumer;
    this.position = position;
  }
}

/** The message as one that came by that consumer. It stays so however it is copied. */
export function routed(message: Message, consumer: Consumer): Message {
  return { ...message, position: new RoutedPosition(consumer, message.position) };
}

/** Messages by the consumer that they came by, as that consumer gave them. */
export function groupByConsumer(messages: readonly Message[]): Map<Consumer, Message[]> {
  const groups = new Map<Consumer, Message[]>();
  for (const message of messages) {
    const { consumer, position } = message.position as RoutedPosition;
    const group = groups.get(consumer);
    const own = { ...message, position };
    if (group) group.push(own);
    else groups.set(consumer, [own]);
  }
  return groups;
}

/** Refuses a `max` for `receive` that is no count of records. */
export function checkMax(max: number): void {
  if (Number.isInteger(max) && max >= 1) return;
  throw new FivefoldError("invalid-option", `receive(max) takes a whole number from 1, found ${max}.`);
}
