import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectOptions } from "../../../runtime/connection.ts";
import type { Draw } from "../../transport/history/setting.ts";
import { nowMicros } from "./kinds.ts";
import type { ClusterOrders, ClusterWanted } from "./process.ts";
import { HISTORY_VARIABLE } from "./told.ts";

const PROCESS = join(import.meta.dirname, "process.ts");
const ENDS_WITHIN_MS = 30_000;

export interface Member {
  readonly name: string;
  readonly child: ChildProcess;
}

/** The processes of one role: each that is killed is replaced by another. */
export interface Crew {
  readonly members: readonly Member[];
  /** Kills one with SIGKILL, and starts another. Returns who was killed, and when. */
  kill(): Promise<{ who: string; from: number; until: number }>;
  /** Has one stand still. */
  stall(forMs: number): Promise<{ who: string; from: number; until: number }>;
  tell(wanted: ClusterWanted): void;
  /** Asks all to end; kills who does not. */
  end(): Promise<void>;
}

/** Starts that many. Clocks are apart by `skewMs`, at most, evenly. `fail` is told who ends without being asked. */
export function startCrew(
  role: ClusterOrders["role"],
  count: number,
  settings: {
    readonly connect: ConnectOptions;
    readonly skewMs: number;
    readonly folder: string;
    /** The program of another version, which every second one runs. */
    readonly formerProgram?: string | undefined;
    readonly draw: Draw;
    readonly fail: (fault: string) => void;
  },
): Crew {
  const { folder, draw, skewMs } = settings;
  const asked = new WeakSet<ChildProcess>();
  const stalled = new Set<Member>();
  let started = 0;
  let wanted: ClusterWanted | undefined;

  function start(index: number): Member {
    const name = `${role}-${started++}`;
    const file = join(folder, name);
    writeFileSync(file, "");
    const program = index % 2 === 1 ? settings.formerProgram : undefined;
    const child = fork(program ?? PROCESS, {
      // They are told.
      execArgv: ["--no-warnings"],
      env: { ...process.env, [HISTORY_VARIABLE]: file },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("error", () => {});
    const orders: ClusterOrders = {
      ...{ role, name, connect: settings.connect },
      skewMs: Math.round(skewMs * (index / Math.max(1, count - 1) - 0.5)),
    };
    child.send(orders);
    if (wanted) child.send(wanted);
    child.once("exit", (code, signal) => {
      if (!asked.has(child)) settings.fail(`${name} ended by itself with ${code ?? signal}`);
    });
    return { name, child };
  }

  const members = Array.from({ length: count }, (_, index) => start(index));
  const drawn = () => draw.oneOf(members.filter((member) => !stalled.has(member)));
  return {
    members,
    async kill() {
      const member = drawn();
      asked.add(member.child);
      const from = nowMicros();
      member.child.kill("SIGKILL");
      await once(member.child, "exit");
      members[members.indexOf(member)] = start(members.indexOf(member));
      return { who: member.name, from, until: nowMicros() };
    },
    async stall(forMs) {
      const member = drawn();
      stalled.add(member);
      const from = nowMicros();
      await freeze(member.child.pid!, forMs);
      stalled.delete(member);
      return { who: member.name, from, until: nowMicros() };
    },
    tell(now) {
      wanted = now;
      for (const { child } of members) if (child.connected) child.send(now);
    },
    async end() {
      await Promise.all(
        members.map(async ({ name, child }) => {
          asked.add(child);
          const ended = once(child, "exit");
          child.disconnect();
          const late = setTimeout(() => {
            settings.fail(`${name} did not end within ${ENDS_WITHIN_MS} ms of being asked`);
            child.kill("SIGKILL");
          }, ENDS_WITHIN_MS);
          const [code] = await ended;
          clearTimeout(late);
          if (code !== 0 && code !== null) settings.fail(`${name} ended with ${code}`);
        }),
      );
    },
  };
}

/** A process and those that it started stand still for a time. */
export async function freeze(pid: number, forMs: number): Promise<void> {
  const all = [pid, ...childrenOf(pid)];
  const signal = (name: NodeJS.Signals) => {
    for (const one of all) {
      try {
        process.kill(one, name);
      } catch {
        // It has ended.
      }
    }
  };
  signal("SIGSTOP");
  await sleep(forMs);
  signal("SIGCONT");
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}
