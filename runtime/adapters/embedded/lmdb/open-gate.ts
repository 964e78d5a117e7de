import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../../../contract/clock.ts";
import type { ReportProblem } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { askPresence, forgetPresence, shownPresences, showPresence } from "../../../crashes/presence.ts";
import { StoreHeldError } from "../../storage-error.ts";
import { EXCLUSIVE, type Member, openGateMembers, SHARED, WAITS } from "./gate-members.ts";
import { type Opener, openGateOpeners } from "./gate-openers.ts";
import { refuseOlderProcesses } from "./older-gate.ts";
import { currentProcess, livenessOf, ownCommand } from "./process-identity.ts";

/*
 * lmdb 3.5 cannot be opened while another process commits: mdb_env_open2 copies the transaction number that it has read
 * from the file over the one that all processes share, without the writer lock. A commit in between is lost, and the
 * next ones damage the file. So whoever opens says so first and waits until nobody changes anything, and whoever
 * changes something says so first and waits until nobody opens. It costs a change four system calls of 1 µs.
 *
 * A process can be stopped at any instruction, also while it holds LMDB's writer lock, and whoever then asks for that
 * lock sleeps in the kernel. Asynchronous commits may: a thread of their own waits. Synchronous ones may not, so they
 * keep each other out here, by Lamport's one-bit algorithm: set one's own bit, then look at all others; who sees a bit
 * of a lower slot withdraws its own and waits. Waiting for more than milliseconds is asynchronous, and who is waited for
 * is named.
 *
 * Nobody has to clean up for the dead: a token names its process. Processes of another pid namespace (of another
 * container) can't be told by pid; LMDB's own lock on the pid, too, takes two of them for one. They are refused.
 */

/** How long a synchronous change waits by blocking: opening takes milliseconds, other changes microseconds. */
const BLOCK_MS = 20;
const PAUSE_MS = 1;
/** Who is waited for is named after so long, and waiting ends with an error after so long. */
const NAME_AFTER_MS = 5_000;
const GIVE_UP_AFTER_MS = 60_000;
/** An opener lets those go first for so long who wait to change something. */
const COURTESY_MS = 50;

/** Anything else is damage, which holds up nobody. */
const TOKEN = /^[1-9]\d{0,9}\.\d*\.\d*\.[0-9a-z]{10}$/;

const NEVER = new Int32Array(new SharedArrayBuffer(4));

export type OpenGate = Awaited<ReturnType<typeof createOpenGate>>;

/** Keeps opening and changing of a data folder's LMDB files apart, for all processes of one boot of the machine. */
export async function createOpenGate(folder: string, clock: Clock, reportProblem: ReportProblem) {
  const { pid, startTime, pidNamespace } = currentProcess();
  const namespace = pidNamespace.replace(/\D/g, "");
  const command = ownCommand().replace(/[^\x20-\x7e]/g, "?");
  /** Transports of one process do not wait for each other: they share LMDB's environment, which only the first opens. */
  const ownProcess = `${[pid, startTime, namespace].join(".")}.`;
  const token = `${ownProcess}${clock.randomId(10)}`;

  mkdirSync(folder, { recursive: true });
  refuseOlderProcesses(folder, pidNamespace, namespace);
  const home = join(folder, "gate");
  const presences = join(home, "present");
  mkdirSync(presences, { recursive: true });
  const members = openGateMembers(home);
  const openers = openGateOpeners(home);
  const hidePresence = namespace === "" ? () => {} : await showPresence(presences, token);
  /** Tokens of processes that were found dead. */
  const dead = new Set<string>();
  /** Who made a change wait longer than it may block, and since when. */
  let stuck: { token: string; since: number; isNamed: boolean } | undefined;
  let shared = 0;
  let exclusive = 0;

  function isOther({ token: other }: { token: string }): boolean {
    if (other.startsWith(ownProcess) || dead.has(other) || !TOKEN.test(other)) return false;
    const [otherPid = "", otherStart = "", otherNamespace = ""] = other.split(".");
    // One of another container that has begun to open has found this one dead, or finds it alive and gives up.
    const hasEnded =
      otherNamespace !== namespace ||
      livenessOf({ pid: Number(otherPid), startTime: otherStart, pidNamespace }) === "ended";
    if (hasEnded) dead.add(other);
    return !hasEnded;
  }

  /** The process that has begun to open the folder. */
  function currentOpener(): Opener | undefined {
    for (const opener of openers.inLine()) {
      if (opener.hasBegun && isOther(opener)) return opener;
      if (dead.has(opener.token)) openers.forget(opener.token);
    }
    return undefined;
  }

  /** The lowest member that does one of those things. */
  function currentMember(bits: number): Member | undefined {
    for (const slot of members.doing(bits)) {
      const member = members.at(slot);
      if (member && isOther(member)) return member;
    }
    return undefined;
  }

  /** Who keeps this process from a change of that kind; its bit is set where nobody does. */
  function tryBegin(bit: number): Opener | Member | undefined {
    members.add(bit);
    // Under cover of an asynchronous change of its own: no opener begins before that has ended.
    const opener = bit === EXCLUSIVE && shared > 0 ? undefined : currentOpener();
    const holder = opener ?? (bit === EXCLUSIVE ? currentMember(EXCLUSIVE) : undefined);
    if (!holder) return undefined;
    // Who waits for a higher slot keeps its bit: the other one withdraws.
    if (opener || (holder as Member).slot < members.slot) withdraw(bit);
    return holder;
  }

  function withdraw(bit: number): void {
    if (bit === EXCLUSIVE || shared === 0) members.remove(bit);
    members.add(WAITS);
  }

  function beginExclusive(): void {
    if (exclusive === 0) {
      let holder = tryBegin(EXCLUSIVE);
      if (holder) {
        const start = clock.monotonic();
        for (let looks = 1; holder; looks++) {
          const waitedMs = clock.monotonic() - start;
          if (stuck?.token === holder.token || waitedMs > BLOCK_MS) throw isStuck(holder);
          // Other changes take microseconds.
          if (looks > 30) Atomics.wait(NEVER, 0, 0, 0.1);
          holder = tryBegin(EXCLUSIVE);
        }
        members.remove(WAITS);
      }
      stuck = undefined;
    }
    exclusive += 1;
  }

  function isStuck(holder: Opener | Member): StoreHeldError {
    withdraw(EXCLUSIVE);
    const now = clock.monotonic();
    if (stuck?.token !== holder.token) stuck = { token: holder.token, since: now, isNamed: false };
    const error = heldBy(holder, now - stuck.since);
    if (now - stuck.since > NAME_AFTER_MS && !stuck.isNamed) {
      stuck.isNamed = true;
      reportProblem(error);
    }
    return error;
  }

  function endExclusive(): void {
    exclusive -= 1;
    if (exclusive === 0) members.remove(EXCLUSIVE);
  }

  function heldBy(holder: Opener | Member, waitedMs: number): StoreHeldError {
    const doing = "hasBegun" in holder ? "opening" : "changing";
    const name = `Process ${holder.token.split(".")[0]}${holder.command ? ` (${holder.command})` : ""}`;
    return new StoreHeldError(
      `${name} has been ${doing} the data folder ${folder} for ${Math.max(1, Math.round(waitedMs / 1_000))} s, which takes milliseconds, and others wait for it: it is stopped, or hangs. Fix: let it go on, or end it.`,
    );
  }

  /** Waits until nobody is in the way. Names who it is, and rejects after a while. */
  async function until(free: () => Opener | Member | undefined, limitMs = GIVE_UP_AFTER_MS): Promise<void> {
    const start = clock.monotonic();
    let isNamed = false;
    for (let holder = free(); holder; holder = free()) {
      const waitedMs = clock.monotonic() - start;
      if (waitedMs > limitMs) throw heldBy(holder, waitedMs);
      if (waitedMs > NAME_AFTER_MS && !isNamed) {
        isNamed = true;
        reportProblem(heldBy(holder, waitedMs));
      }
      await sleep(clock, waitedMs < 100 ? PAUSE_MS : 10);
    }
  }

  /** Refuses to open what a process of another container has open, or opens before this one. */
  async function refuseOtherContainers(): Promise<void> {
    for (const other of shownPresences(presences)) {
      const [otherPid, , otherNamespace] = other.split(".");
      if (other.startsWith(ownProcess)) continue;
      const isForeign = otherNamespace !== namespace;
      if (isForeign ? (await askPresence(presences, other)) === "ended" : !isOther({ token: other })) {
        forgetPresence(presences, other);
      } else if (isForeign && (members.all().some((member) => member.token === other) || isAhead(other))) {
        throw new FivefoldError(
          "storage-unwritable",
          `The data folder ${folder} is in use by process ${otherPid} of another container, or of another pid namespace of this machine (${otherNamespace}; this one is ${namespace}). Processes that share a data folder must see each other by their pids, or none could tell which of them still run. Fix: run them in one container or one pid namespace (Docker's --pid, Kubernetes' shareProcessNamespace), give each a folder of its own, or use Pulsar.`,
        );
      }
    }
  }

  /** Whether an opener's line comes before this one's. */
  function isAhead(other: string): boolean {
    for (const opener of openers.inLine())
      if (opener.token === token || opener.token === other) return opener.token === other;
    return false;
  }

  /** Waits for this process' turn to open the folder, and for all changes to end. */
  async function takeTurn(): Promise<void> {
    const start = clock.monotonic();
    openers.lineUp(token, command);
    await refuseOtherContainers();
    await until(() => {
      openers.lineUp(token, command);
      for (const opener of openers.inLine()) {
        if (opener.token === token) break;
        if (opener.token.startsWith(ownProcess) || isOther(opener)) return opener;
        openers.forget(opener.token);
      }
      return clock.monotonic() - start < COURTESY_MS ? currentMember(WAITS) : undefined;
    });
    openers.begin(token);
    await until(() => currentMember(EXCLUSIVE | SHARED));
  }

  const gate = {
    /**
     * Runs something that opens LMDB files, while no other process opens or changes them. It is told whether nobody has
     * them open. The gate is closed where it fails.
     */
    async open<T>(run: (isAlone: boolean) => Promise<T>): Promise<T> {
      let isAlone = false;
      try {
        await takeTurn();
        const others = members.all().filter((member) => member.token.startsWith(ownProcess) || isOther(member));
        isAlone = others.length === 0;
        if (!members.join(token, command, new Set(others.map(({ slot }) => slot)))) {
          throw new FivefoldError(
            "storage-failed",
            `${folder} is open in ${others.length} processes already, which is as many as it has room for.`,
          );
        }
        const result = await run(isAlone);
        openers.end(token, isAlone);
        return result;
      } catch (error) {
        openers.end(token, false);
        gate.close();
        throw error;
      }
    },

    /**
     * Runs a change of the files, while no other process opens them or runs one. Throws a `StoreHeldError`, and runs
     * nothing, where another process is stopped while it does.
     */
    change<T>(run: () => T): T {
      beginExclusive();
      try {
        return run();
      } finally {
        endExclusive();
      }
    },

    /** Runs an asynchronous change, while no other process opens the files. */
    async changeAsync<T>(run: () => Promise<T>): Promise<T> {
      if (tryBegin(SHARED)) await until(() => tryBegin(SHARED));
      shared += 1;
      try {
        return await run();
      } finally {
        shared -= 1;
        if (shared === 0) members.remove(SHARED | WAITS);
      }
    },

    /** Resolves once `change` has a chance again, however long that takes. */
    untilFree: (): Promise<void> => until(() => currentOpener() ?? currentMember(EXCLUSIVE), Number.POSITIVE_INFINITY),

    /** Whether nobody else has the folder open, in this process or another one. */
    isAlone: (): boolean =>
      !members
        .all()
        .some((member) => member.slot !== members.slot && (member.token.startsWith(ownProcess) || isOther(member))),

    close(): void {
      hidePresence();
      members.close();
      openers.close();
    },
  };
  return gate;
}
