import { type Cancel, type Clock, sleep } from "../../clock.ts";
import type { TaskRecord } from "../../contract.ts";
import { FivefoldError } from "../../errors.ts";
import { checkRecords } from "../record-check.ts";
import type { Producer } from "../transport.ts";
import { messageOf } from "./envelope.ts";
import { type Link, type LinkSettings, openLink } from "./link.ts";

/** Sent and not yet acknowledged, at most: what is behind waits here, where a broken connection costs nothing. */
const MAX_SENT = 2_000;
const MAX_SENT_BYTES = 8 * 1024 * 1024;
const CHECK_MS = 1_000;
/** After so many refusals of its name, which the broker believes to be still connected, a producer takes another. */
const NAME_TRIES = 5;

/** One call of `publish`. */
interface Call {
  rest: number;
  error: FivefoldError | undefined;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Pending {
  readonly sequence: number;
  readonly frame: string;
  readonly call: Call;
}

export interface WebSocketProducerSettings {
  readonly topic: string;
  readonly maxRecordBytes: number;
  readonly maxFrameBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Where a producer of this name connects, to go on behind sequence number `last`. */
  readonly target: (name: string, last: number) => ReturnType<LinkSettings["target"]>;
  readonly onClose: () => void;
}

/**
 * Publishes over one WebSocket, pipelined. After a broken connection it sends again what was not acknowledged, in
 * order, under the same producer name and sequence numbers: where the namespace deduplicates, nothing is stored twice.
 */
export async function openWebSocketProducer(settings: WebSocketProducerSettings): Promise<Producer> {
  const { topic, clock } = settings;
  /** In order of their sequence numbers; the first `sent` of them are on their way. */
  const pending = new Map<number, Pending>();
  let sent = 0;
  let sentBytes = 0;
  let next = 0;
  let name = newName();
  /** Whether the broker may number its next messages otherwise than `next` says. */
  let isNameSpent = false;
  let refusals = 0;
  let closed = false;
  let cancelCheck: Cancel | undefined;

  function newName(): string {
    return `fivefold-${clock.randomId(16)}`;
  }

  /** Gaps would shift the numbers of what comes behind them, and the broker would drop it as seen before. */
  function target(): ReturnType<LinkSettings["target"]> {
    const [first] = pending.keys();
    const isGapless = first === undefined || next - first === pending.size;
    if (isNameSpent || !isGapless || refusals >= NAME_TRIES) {
      name = newName();
      isNameSpent = false;
      refusals = 0;
    }
    return settings.target(name, (first ?? next) - 1);
  }

  let link: Link | undefined;
  const what = `Publishing to topic '${topic}'`;
  link = await openLink({
    what,
    target,
    timeoutMs: settings.timeoutMs,
    clock,
    onOpen() {
      refusals = 0;
      sendAgain();
    },
    onText: receipt,
    onDown(error) {
      sent = 0;
      sentBytes = 0;
      if (error.code === "invalid-option") refusals += 1;
      if (error.code === "unauthorized" || error.code === "unknown-topic") rejectAll(error);
    },
  });

  function sendAgain(): void {
    sent = 0;
    sentBytes = 0;
    send();
  }

  function send(): void {
    if (!link?.isOpen || sent === pending.size) return;
    let index = 0;
    for (const { frame } of pending.values()) {
      index += 1;
      if (index <= sent) continue;
      if (sent >= MAX_SENT || sentBytes >= MAX_SENT_BYTES) return;
      sent += 1;
      sentBytes += frame.length;
      link.send(frame);
    }
  }

  function receipt(text: string): void {
    const { context, result, errorMsg } = JSON.parse(text) as { context?: string; result?: string; errorMsg?: string };
    const item = pending.get(Number(context));
    if (!item) return;
    if (result === "ok") settle(item);
    else {
      isNameSpent = true;
      settle(item, refused(`${what}: the broker did not take record number ${item.sequence}`, errorMsg ?? text));
    }
    send();
  }

  function settle(item: Pending, error?: FivefoldError): void {
    pending.delete(item.sequence);
    sent -= 1;
    sentBytes -= item.frame.length;
    const { call } = item;
    call.rest -= 1;
    call.error ??= error;
    if (call.rest === 0) {
      if (call.error) call.reject(call.error);
      else call.resolve();
    }
    if (pending.size === 0) idle();
  }
