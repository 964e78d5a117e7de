import type { Clock } from "../contract/clock.ts";
import type { ControlStore } from "../control/control-store.ts";

/** A worker's process, as others see it that hand tasks to it. */
export interface Member {
  readonly id: string;
  readonly release: string;
  readonly useCases: readonly string[];
  /** What it could consume: topics with subscriptions. */
  readonly places: readonly string[];
  readonly host: string;
  readonly port: number;
  /** The secret that both sides of a link prove, in hexadecimal. Whoever reads the control store may hand tasks on. */
  readonly secret: string;
  /** When it last said that it lives, by the stores' clock. */
  readonly at: number;
  readonly process?: string | undefined;
}

const PREFIX = "release-member/";
export const BEAT_MS = 3_000;
/** One that has said nothing for so long is gone. */
const SILENT_MS = 12_000;

/** Says that this one lives. */
export async function beat(store: ControlStore, member: Omit<Member, "at" | "process">, clock: Clock): Promise<void> {
  const whole: Member = { ...member, at: clock.now(), process: store.processes?.own };
  const found = (await store.get([PREFIX + member.id]))[0];
  await store.put(PREFIX + member.id, JSON.stringify(whole), found?.revision ?? 0);
}

export async function leave(store: ControlStore, id: string): Promise<void> {
  const found = (await store.get([PREFIX + id]))[0];
  if (found) await store.put(PREFIX + id, undefined, found.revision);
}

/** Those that live. Forgets those that have been gone for long. */
export async function liveMembers(store: ControlStore, clock: Clock): Promise<readonly Member[]> {
  const live: Member[] = [];
  for (const { key, value, revision } of await store.list(PREFIX)) {
    const member = memberIn(value);
    const silentMs = member ? Math.abs(clock.now() - member.at) : Number.POSITIVE_INFINITY;
    const hasEnded = member?.process !== undefined && store.processes?.hasEnded(member.process) === true;
    if (member && silentMs < SILENT_MS && !hasEnded) live.push(member);
    else if (silentMs > 10 * SILENT_MS) await store.put(key, undefined, revision);
  }
  return live;
}

function memberIn(text: string): Member | undefined {
  try {
    const member = JSON.parse(text) as Partial<Member> | null;
    const isWhole =
      typeof member?.id === "string" &&
      typeof member.release === "string" &&
      typeof member.secret === "string" &&
      Number.isFinite(member.port) &&
      Number.isFinite(member.at) &&
      Array.isArray(member.useCases) &&
      Array.isArray(member.places);
    return isWhole ? (member as Member) : undefined;
  } catch {
    return undefined;
  }
}
