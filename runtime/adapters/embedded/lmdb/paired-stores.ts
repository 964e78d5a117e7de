import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../contract/clock.ts";
import type { ReportProblem } from "../../../contract/contract.ts";
import { StoreHeldError, storageError } from "../../storage-error.ts";
import { openEnvironment, type RootDatabase, type Store } from "./environment.ts";
import { createOpenGate } from "./open-gate.ts";
import { bootId } from "./process-identity.ts";
import { inspectEach, mendWith, type NameDamaged, type TellTable } from "./salvage.ts";

/** A folder's stores, for all processes of a machine. */
export interface PairedStores<D, V> {
  /** Outlives a power loss; written asynchronously, without keeping other processes waiting. */
  readonly durable: Store<D>;
  /** Who does what now. Outlives every process, and is empty after a reboot; written synchronously, in microseconds. */
  readonly volatile: Store<V>;
  /**
   * Runs a call of the stores, once more from its start where another process was in the way of a change. What it throws
   * says what is wrong with the folder, and how to fix it.
   */
  explained<T>(call: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface PairedStoresOptions<D, V> {
  /** Created where it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly durable: (root: RootDatabase) => D;
  readonly volatile: (root: RootDatabase) => V;
  /**
   * Of which durable table a record is, as far as it shows that by itself: what is saved from a damaged file beside that
   * to which its tables still lead. Values begin with the eight bytes of their version where the table has versions.
   */
  readonly tellTable?: TellTable;
  /** Asked of each durable record when the folder is opened after a crash or a change. */
  readonly nameDamaged?: NameDamaged;
  /** Told of what keeps others waiting, such as a process that is stopped. Default: a warning of the process. */
  readonly reportProblem?: ReportProblem;
}

const warn: ReportProblem = (problem) => process.emitWarning(problem);

const MADE_ANEW = "what processes that have ended were doing; it is made anew";

/** Opens both stores. Throws a FivefoldError (`storage-unwritable`, `storage-corrupt`, `storage-full`). */
export async function openPairedStores<D extends object, V extends object>(
  options: PairedStoresOptions<D, V>,
): Promise<PairedStores<D, V>> {
  const { folder, clock, reportProblem = warn } = options;
  try {
    mkdirSync(folder, { recursive: true });
    // What is of one boot of the machine has its own folder: it is worth nothing after the next.
    const boot = bootId();
    const thisBoot = join(folder, `boot-${boot.slice(0, 8) || "unknown"}`);
    const gate = await createOpenGate(thisBoot, clock, reportProblem);
    const { durable, volatile } = await gate.open(async (isAlone) => ({
      durable: await openEnvironment(
        {
          ...{ folder: join(folder, "kept"), gate, synced: true, openTables: options.durable, reportProblem },
          rules: {
            inspect: options.nameDamaged && inspectEach(options.nameDamaged),
            fix: options.tellTable && mendWith(options.tellTable, options.nameDamaged),
          },
        },
        isAlone,
      ),
      volatile: await openEnvironment(
        {
          ...{ folder: join(thisBoot, "now"), gate, synced: boot === "", openTables: options.volatile, reportProblem },
          rules: {},
          madeAnew: MADE_ANEW,
        },
        isAlone,
      ),
    }));
    return {
      durable,
      volatile,
      async explained(call) {
        for (;;) {
          try {
            return await call();
          } catch (error) {
            if (!(error instanceof StoreHeldError)) throw storageError(error, folder);
          }
          await gate.untilFree();
        }
      },
      async close() {
        await durable.close();
        await volatile.close();
        gate.close();
      },
    };
  } catch (error) {
    throw storageError(error, folder);
  }
}
