import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../contract/clock.ts";
import type { ReportProblem } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { partitionOfKey } from "../../transport/key-partition.ts";
import { checkRecords } from "../../transport/record-check.ts";
import type { Capabilities, Transport } from "../../transport/transport.ts";
import { storageError, storageFull } from "../storage-error.ts";
import { createOpenGate } from "./lmdb/open-gate.ts";
import { bootId } from "./lmdb/process-identity.ts";
import { createBell } from "./topic/bell.ts";
import { createEmbeddedConsumer } from "./topic/consumer.ts";
import { createCursors } from "./topic/cursors.ts";
import { checkFormat, markFormat } from "./topic/folder-format.ts";
import { createHousekeeping } from "./topic/housekeeping.ts";
import { createInventory } from "./topic/inventory.ts";
import { createLog } from "./topic/log.ts";
import { createLogWriter } from "./topic/log-writer.ts";
import { createSessions } from "./topic/sessions.ts";
import { createStarts } from "./topic/starts.ts";
import { openCursorStore, openLogStore } from "./topic/stores.ts";
import { createEmbeddedSubscription, type EmbeddedSubscription } from "./topic/subscription.ts";
import type { TopicRow } from "./topic/topic-row.ts";
import { createWakeUp } from "./topic/wake-up.ts";

const MIB = 1024 * 1024;
const CAPABILITIES: Capabilities = {
  multiProcess: true,
  durable: true,
  maxRecordBytes: 4 * MIB,
  takesOnlyWhatItReturns: true,
  countsBacklogInRecords: true,
  givesBackInOrder: true,
  longestDelayMs: 0,
};

/** Room that publishing leaves on the disk: acknowledging and deleting need some too. */
const RESERVE_BYTES = 8 * MIB;
/** What housekeeping leaves: it frees room, so it may go further. */
const HOUSEKEEPING_BYTES = 2 * MIB;

export interface EmbeddedTransportOptions {
  /** The data folder; created where it is missing. Any number of processes of one machine may have it open. */
  readonly folder: string;
  readonly clock: Clock;
  /** Publishing is refused with `storage-full` while stored records take more than this. Default: the disk's room. */
  readonly maxBytes?: number;
  /** Told of what keeps others waiting, such as a process that is stopped. Default: a warning of the process. */
  readonly reportProblem?: ReportProblem;
}

const warn: ReportProblem = (problem) => process.emitWarning(problem);

/**
 * Opens the durable transport of one machine. What `publish` resolved for is on the disk and survives every crash;
 * acknowledgements survive every crash of processes, and of a crash of the machine all but its last half second, whose
 * records are delivered once more.
 */
export async function openEmbeddedTransport(options: EmbeddedTransportOptions): Promise<Transport> {
  const explain = (error: unknown) => storageError(error, options.folder);
  try {
    return await open(options, explain);
  } catch (error) {
    throw explain(error);
  }
}

async function open(
  { folder, clock, maxBytes = Number.POSITIVE_INFINITY, reportProblem = warn }: EmbeddedTransportOptions,
  explain: (error: unknown) => FivefoldError,
): Promise<Transport> {
  mkdirSync(folder, { recursive: true });
  const damage = checkFormat(folder);
  const boot = bootId();
  // What is of one boot of the machine has its own folder: it is worth nothing after the next.
  const bootFolder = `boot-${boot.slice(0, 8) || "unknown"}`;
  const thisBoot = join(folder, bootFolder);
  const gate = await createOpenGate(thisBoot, clock, reportProblem);
  const cursorFolder = join(thisBoot, "cursors");
  const stores = await gate.open(async (isAlone) => {
    const opening = { gate, isAlone, reportProblem };
    const log = await openLogStore(join(folder, "log"), opening);
    const fate = { outlivesReboot: boot === "", isOfOtherLog: log.isSalvaged };
    return { log, cursors: await openCursorStore(cursorFolder, opening, fate) };
  });
  markFormat(folder, clock.randomId(8), damage !== undefined);
  if (damage !== undefined) reportProblem(new FivefoldError("storage-corrupt", damage));
  for (const name of readdirSync(folder)) {
    if (name.startsWith("boot-") && name !== bootFolder) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const log = createLog(stores.log);
  const cursors = createCursors(stores.cursors, log, cursorFolder);
  const starts = createStarts(join(thisBoot, "starts"));
  const sessions = createSessions({ store: stores.cursors, cursors, starts, clock, reportProblem });

  const subscriptions = new Map<string, EmbeddedSubscription>();
  const consumers = new Set<ReturnType<typeof createEmbeddedConsumer>>();
  const topicOfPartition = new Map<number, string>();
  let closed = false;

  const bell = createBell(join(thisBoot, "bell"));
  const wakeUp = createWakeUp({ clock, bell, news, sweep: () => endDeadSessions() });
  const housekeeping = createHousekeeping({ log, cursors, clock, checkRoom: () => checkDisk(HOUSEKEEPING_BYTES) });
  const inventory = createInventory({ log, cursors, housekeeping, requireSubscription });
  const writer = createLogWriter(log, {
    checkRoom,
    explain,
    onAppended: (partitions) => announce(new Set(partitions.map((partition) => topicOfPartition.get(partition)!))),
  });

  function news(): number {
    // Otherwise what this turn of the event loop has read already hides what was written since.
    stores.log.refresh();
    stores.cursors.refresh();
    return cursors.news();
  }

  /** Tells whoever waits, in any process, that there may be something to receive. */
  function announce(topics: ReadonlySet<string>): void {
    if (topics.size === 0) return;
    tellOthers();
    wakeUp.wake(topics);
  }

  function tellOthers(): void {
    try {
      wakeUp.told(cursors.tellNews());
      bell.ring();
    } catch {
      // What there is to tell is stored already; other processes find it when they look by themselves.
    }
  }

  function checkRoom(bytes: number): void {
    // LMDB copies the pages that it changes, so a commit needs more than its records for a moment.
    const needed = 2 * bytes + RESERVE_BYTES;
    const { bavail, bsize } = statfsSync(folder);
    if (maxBytes === Number.POSITIVE_INFINITY && bavail * bsize >= needed) return;
    const used = log.usedBytes();
    if (used + bytes > maxBytes) {
      throw storageFull(folder, `its records take ${used} of the ${maxBytes} bytes that maxBytes allows`);
    }
    const reusable = statSync(join(folder, "log", "data.mdb")).size - used;
    checkDisk(reusable < needed ? needed : bytes + HOUSEKEEPING_BYTES);
  }

  /** LMDB must not find out by itself: lmdb 3.5 damages its memory when commits fail for want of room. */
  function checkDisk(needed: number): void {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < needed) throw storageFull(folder, `its file system has ${bavail * bsize} bytes left`);
  }

  function endDeadSessions(): void {
    try {
      if (sessions.endDead() > 0) tellOthers();
    } catch {
      // Tried again soon, here and by every other process.
    }
  }

  function requireOpen(): void {
    if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
  }

  function requireTopic(name: string): TopicRow {
    requireOpen();
    const topic = log.topic(name);
    if (!topic) throw new FivefoldError("unknown-topic", `Topic '${name}' is unknown: declare it before using it.`);
    for (let index = 0; index < topic.partitions; index++) topicOfPartition.set(topic.firstPartition + index, name);
    return topic;
  }

  function requireSubscription(topicName: string, subscription: string): EmbeddedSubscription {
    const topic = requireTopic(topicName);
    const name = { topic: topicName, subscription };
    const key = JSON.stringify(name);
    const known = subscriptions.get(key);
    if (known) return known;
    if (!cursors.peek(name)) {
      throw new FivefoldError(
        "unknown-topic",
        `Topic '${topicName}' has no subscription '${subscription}': declare it with its topic.`,
      );
    }
    const created = createEmbeddedSubscription({
      ...{ topic, name, log, cursors, starts, clock, explain },
      onSettled: () => housekeeping.settled(topic, name),
      onTakenForDead: sessions.enter,
      onFreed: () => announce(new Set([topicName])),
    });
    subscriptions.set(key, created);
    return created;
  }

  return {
    capabilities: CAPABILITIES,

    async declare(topics) {
      requireOpen();
      for (const declaration of topics) checkNames(declaration.name, declaration.subscriptions);
      try {
        for (const declaration of topics) await log.declare(declaration);
      } catch (error) {
        throw explain(error);
      }
    },

    async producer(name) {
      const { firstPartition, partitions } = requireTopic(name);
      let open = true;
      return {
        async publish(records) {
          if (!open || closed) throw new FivefoldError("closed", `The producer of topic '${name}' is closed.`);
          checkRecords(records, name, CAPABILITIES.maxRecordBytes);
          return writer.publish(records, ({ key }) => firstPartition + partitionOfKey(key, partitions));
        },
        async close() {
          open = false;
          await writer.drain();
        },
      };
    },

    async subscribe(topic, name, type, options = {}) {
      try {
        const subscription = requireSubscription(topic, name);
        const session = await cursors.whenFree(sessions.own);
        endDeadSessions();
        const identity = await cursors.whenFree(() => ({ id: cursors.newId("consumer"), session }));
        if (!(await cursors.whenFree(() => subscription.join(identity, type)))) {
          throw new FivefoldError(
            "conflict",
            `Subscription '${name}' of topic '${topic}' cannot be consumed as ${type}: its consumers must agree, and others consume it otherwise.`,
          );
        }
        const consumer = createEmbeddedConsumer({
          ...{ consumer: identity, type, options, subscription, log, wakeUp, clock, explain },
          onClose: () => consumers.delete(consumer),
        });
        consumers.add(consumer);
        return consumer;
      } catch (error) {
        throw explain(error);
      }
    },

    async backlog(topic, name) {
      try {
        return await requireSubscription(topic, name).backlog();
      } catch (error) {
        throw explain(error);
      }
    },

    async topics(isWanted = () => true) {
      requireOpen();
      endDeadSessions();
      return inventory.topics(isWanted).catch((error: unknown) => Promise.reject(explain(error)));
    },

    async removeSubscription(topic, name) {
      try {
        endDeadSessions();
        await inventory.removeSubscription(requireTopic(topic), name);
        subscriptions.delete(JSON.stringify({ topic, subscription: name }));
      } catch (error) {
        throw explain(error);
      }
    },

    async close() {
      if (closed) return;
      closed = true;
      await writer.drain();
      // Nobody may wait any more when consumers give back what they hold, or it would be delivered once more.
      for (const consumer of consumers) consumer.stop();
      for (const consumer of [...consumers]) await consumer.close();
      for (const subscription of subscriptions.values()) await subscription.flush();
      await housekeeping.close();
      await sessions.close();
      starts.close();
      await cursors.close();
      await log.close();
      bell.close();
      gate.close();
    },
  };
}

/** Names are keys of the store: at most 200 characters, without control characters. */
function checkNames(topic: string, subscriptions: readonly string[]): void {
  for (const name of [topic, ...subscriptions]) {
    if (/^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name)) continue;
    throw new FivefoldError(
      "invalid-option",
      `'${name}' cannot name a topic or a subscription: 1 to 200 characters, none of them a control character.`,
    );
  }
}
