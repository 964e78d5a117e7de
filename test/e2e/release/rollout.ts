import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PulsarOptions } from "../../../runtime/adapters/pulsar/pulsar-ports.ts";
import { createClient } from "../../../runtime/client.ts";
import { connect } from "../../../runtime/connection.ts";
import type { ReleaseSettings } from "../../../runtime/contract/release-settings.ts";
import {
  changeRelease,
  type EndedRollout,
  type ReleaseState,
  readReleases,
} from "../../../runtime/release/release-state.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

/** What is wrong with a release, and with which part of its tasks. */
export interface ReleaseFault {
  readonly kind: "throw" | "reject" | "crash" | "hang" | "spin" | "leak" | "slow" | "tenant" | "old";
  readonly part?: number;
  readonly factor?: number;
  readonly leakMiB?: number;
}

export interface VersionOptions {
  readonly release: string;
  readonly data: string;
  /** The file that runs are told to. */
  readonly log: string;
  readonly ordered: boolean;
  readonly serviceMs: number;
  readonly timeoutMs: number;
  /** The part of tries that fail in any release. */
  readonly errors?: number;
  readonly fault?: ReleaseFault | undefined;
  readonly steps?: readonly number[] | undefined;
  readonly slowerPercent?: number | undefined;
  readonly pulsar?: PulsarOptions | undefined;
}

export function releaseSettings({
  steps = [1, 10, 50, 100],
  slowerPercent = 25,
}: Pick<VersionOptions, "steps" | "slowerPercent">): ReleaseSettings {
  return { steps, errorPoints: 1, slowerPercent, stepMs: 3_600_000 };
}

export interface World {
  readonly folder: string;
  readonly log: string;
  start(version: Pick<VersionOptions, "release"> & Partial<VersionOptions>): Promise<ChildProcess>;
  /** Enqueues at that rate until it is stopped. */
  feed(perSecond: number): { stop(): Promise<readonly string[]> };
  state(): Promise<ReleaseState | undefined>;
  /** Sets the share by hand, to look at how it is kept. */
  hold(step: number): Promise<void>;
  ended(withinMs: number): Promise<EndedRollout | undefined>;
  runs(): readonly Run[];
  faultAt(): number | undefined;
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface Run {
  readonly release: string;
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const VERSION = fileURLToPath(new URL("version.ts", import.meta.url));

/** Workers of several releases as processes of their own, on one store. */
export async function openWorld(options: {
  readonly ordered: boolean;
  readonly serviceMs?: number;
  readonly keys?: number;
  readonly pulsar?: PulsarOptions;
}): Promise<World> {
  const { ordered, serviceMs = 20, keys = 500, pulsar } = options;
  const folder = mkdtempSync(join(tmpdir(), "fivefold-release-"));
  const data = join(folder, "data");
  const log = join(folder, "runs.log");
  writeFileSync(log, "");
  const children = new Set<ChildProcess>();
  const problems: string[] = [];
  const connection = await connect(pulsar ? { data, pulsar } : { data });
  const control = await connection.ports.openControlStore!();
  const { client } = noteContracts({ settings: { ordered, release: releaseSettings({}) } });
  const notes = createClient(client);
  const lines = (kind: string) =>
    readFileSync(log, "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([first]) => first === kind);

  return {
    folder,
    log,
    problems,
    async start(version) {
      const all: VersionOptions = { data, log, ordered, serviceMs, timeoutMs: 5_000, pulsar, ...version };
      const child = fork(VERSION, [JSON.stringify(all)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      children.add(child);
      child.on("exit", () => children.delete(child));
      await new Promise<void>((resolve, reject) => {
        child.on("exit", () => reject(new Error(`${version.release} ended before it was ready`)));
        child.on("message", (message: { ready?: true; problem?: string }) => {
          if (message.problem) problems.push(`${version.release}: ${message.problem}`);
          if (message.ready) resolve();
        });
      });
      return child;
    },
    feed(perSecond) {
      const accepted: string[] = [];
      let going = true;
      let number = 0;
      const feeding = (async () => {
        const startedAt = Date.now();
        while (going) {
          const due = Math.floor(((Date.now() - startedAt) / 1_000) * perSecond) - number;
          const batch = Array.from({ length: Math.max(0, Math.min(due, 500)) }, () => {
            const n = number++;
            return { id: `${n % 10 === 0 ? "old" : "new"}-${n}`, key: `k${n % keys}`, tenant: `t${n % 20}` };
          });
          if (batch.length > 0) {
            await notes.enqueueAll(batch);
            accepted.push(...batch.map(({ id }) => id));
          }
          await sleep(20);
        }
      })();
      return {
        async stop() {
          going = false;
          await feeding;
          return accepted;
        },
      };
    },
    state: async () => (await readReleases(control)).get("note"),
    async hold(step) {
      await changeRelease(
        control,
        "note",
        (state) => state?.rollout && { ...state, rollout: { ...state.rollout, step } },
      );
    },
    async ended(withinMs) {
      const until = Date.now() + withinMs;
      for (;;) {
        const state = (await readReleases(control)).get("note");
        if (state && !state.rollout && state.ended.length > 0) return state.ended[0];
        if (Date.now() > until) return undefined;
        await sleep(100);
      }
    },
    runs: () =>
      lines("done").map(([, release, id, key, startedAt, endedAt]) => ({
        ...{ release: release!, id: id!, key: key! },
        startedAt: Number(startedAt),
        endedAt: Number(endedAt),
      })),
    faultAt() {
      const [first] = lines("fault");
      return first && Number(first[2]);
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      await control.close();
      await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
