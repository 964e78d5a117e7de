import type { MadeEvent } from "../capture/change-sorter.ts";
import type { Refusal } from "../capture/outbox-relay.ts";
import type { Outgoing } from "../capture/outbox-row.ts";
import type { Connection } from "../connection.ts";
import { type ClientContract, type TaskRecord, topicOf } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { publishOnce } from "../frontend/dedupe.ts";
import { createToRecords } from "../frontend/to-records.ts";

/** Relays records that were made elsewhere: deduplicated and published as the frontend does, in their order. */
export function createRelayOn(
  connection: Connection,
): (outgoing: readonly Outgoing[], again: boolean) => Promise<readonly Refusal[]> {
  const { ports, publisher, enqueued } = connection;
  const { clock, dedupeStore } = ports;

  async function relayRun(topic: string, run: Run, again: boolean): Promise<Refusal[]> {
    const { records, dedupeForMs } = run;
    const startedAt = clock.monotonic();
    const refusals: Refusal[] = [];
    let duplicates = 0;
    const publish = (some: readonly TaskRecord[]) => publisher.publish(topic, some);
    if (dedupeForMs === 0) await publish(records);
    else {
      // Who held these ids under the same task ids is gone: nobody is to wait for its lease.
      if (again) await dedupeStore.renew(records, 0);
      await publishOnce(
        records,
        dedupeForMs,
        { publish, dedupeStore, clock },
        {
          answered(_, { duplicate }) {
            if (duplicate) duplicates++;
          },
          refused: ({ id }, { message }) => void refusals.push({ id, why: message }),
        },
      );
    }
    const tookMs = clock.monotonic() - startedAt;
    const accepted = records.length - duplicates - refusals.length;
    const useCase = records[0]!.useCase;
    if (accepted + duplicates > 0) enqueued(useCase, { accepted, duplicates, refused: 0, code: "", tookMs });
    if (refusals.length > 0) {
      enqueued(useCase, { accepted: 0, duplicates: 0, refused: refusals.length, code: "conflict", tookMs });
    }
    return refusals;
  }

  return async (outgoing, again) => {
    const topics = Map.groupBy(outgoing, ({ record }) => topicOf(record.useCase, record.priority));
    const refusals = await Promise.all(
      Array.from(topics, async ([topic, those]) => {
        const found: Refusal[] = [];
        for (const run of runsOf(those)) found.push(...(await relayRun(topic, run, again)));
        return found;
      }),
    );
    return refusals.flat();
  };
}

const AT_ONCE = { dueAt: 0, traceparent: "" };

/**
 * Enqueues events under given ids, which are the same when they are enqueued again. Throws where one is refused: what it was
 * made of is not to be passed over.
 */
export function createEnqueueOn(
  connection: Connection,
  contract: ClientContract<unknown>,
): (events: readonly MadeEvent[], again: boolean) => Promise<void> {
  const relay = createRelayOn(connection);
  const { name, dedupeForMs } = contract.settings;
  let nextId = "";
  const toRecords = createToRecords({ contract, clock: connection.ports.clock, nextId: () => nextId });

  function recordOf({ id, event, of }: MadeEvent): TaskRecord {
    nextId = id;
    try {
      return toRecords([event], AT_ONCE)[0]!;
    } catch (error) {
      throw refused(name, of(), error);
    }
  }

  return async (events, again) => {
    const outgoing = events.map((made) => ({ record: recordOf(made), dedupeForMs }));
    const [first] = await relay(outgoing, again);
    if (first) throw refused(name, events.find(({ id }) => id === first.id)?.of() ?? "", new Error(first.why));
  };
}

function refused(useCase: string, of: string, error: unknown): FivefoldError {
  const code = error instanceof FivefoldError ? error.code : "conflict";
  return new FivefoldError(code, `'${useCase}' makes an event of ${of} that is refused: ${(error as Error).message}`, {
    cause: error,
  });
}

interface Run {
  readonly dedupeForMs: number;
  readonly records: TaskRecord[];
}

/** What follows one another and is remembered for the same time. */
function runsOf(outgoing: readonly Outgoing[]): Run[] {
  const runs: Run[] = [];
  for (const { record, dedupeForMs } of outgoing) {
    const last = runs.at(-1);
    if (last?.dedupeForMs === dedupeForMs) last.records.push(record);
    else runs.push({ dedupeForMs, records: [record] });
  }
  return runs;
}
