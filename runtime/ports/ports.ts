import type { Clock } from "../contract/clock.ts";
import type { ControlStore } from "../control/control-store.ts";
import type { DedupeStore } from "../frontend/dedupe-store.ts";
import type { DelayStore } from "../scheduler/delay-store.ts";
import type { Transport } from "../transport/transport.ts";

/** What the layers stand on, in one process. */
export interface Ports {
  readonly transport: Transport;
  readonly delayStore: DelayStore;
  readonly dedupeStore: DedupeStore;
  /** Opens what operators set; whoever calls it closes that. Absent: nobody can set anything. */
  readonly openControlStore?: (() => Promise<ControlStore>) | undefined;
  /** Set where the stores are not known: what needs one of them throws it. */
  readonly missing?: Error | undefined;
  readonly clock: Clock;
  /** How another process opens the same. Absent where none can, since these are of this process's memory. */
  readonly openedWith?: unknown;
}
