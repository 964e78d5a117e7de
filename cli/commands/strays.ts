import { Fault } from "../../loader/fault.ts";
import type { Stray, StrayTarget, UseCaseSettings } from "../../runtime/runtime.ts";
import { builtUseCases } from "../project-runtime.ts";
import { onStores, type StoreOptions, type Stores } from "../stores.ts";
import { colorsOf, count, say, sayJson } from "../terminal.ts";
import { auditFileOf, writeDown } from "./audit-log.ts";

interface ChangeOptions extends StoreOptions {
  readonly to?: string;
  readonly dryRun?: boolean;
  /** The file in which it is written down. */
  readonly audit?: string;
}

interface Name {
  readonly topic: string;
  readonly subscription: string;
}

interface Opened extends Stores {
  readonly useCases: readonly UseCaseSettings[];
  readonly strays: readonly Stray[];
}

/** `fivefold strays list` */
export async function listStrays(options: StoreOptions): Promise<void> {
  await onStrays(options, async ({ strays }) => {
    if (options.json) return sayJson({ ok: true, strays: strays.map(reportOf) });
    const { bold, green } = colorsOf(process.stdout);
    if (strays.length === 0) return say(`${green("✓")} nothing waits for nobody`);
    for (const { topic, subscription, count, message } of strays) {
      say(`${bold(subscription === "" ? topic : `${topic} ${subscription}`)}  ${count}`);
      say(`  ${message}`);
    }
  });
}

/** `fivefold strays move` and `fivefold strays drop` */
export async function changeStrays(action: "move" | "drop", name: Name, options: ChangeOptions): Promise<void> {
  const { json = false, dryRun = false } = options;
  await onStrays(options, async (opened) => {
    const { runtime, connection } = opened;
    const chosen = chosenStrays(opened.strays, name);
    const steps = chosen.map((stray) => ({
      stray,
      target: action === "move" ? targetFor(stray, opened, options.to) : undefined,
    }));
    const done: object[] = [];
    const { bold, green } = colorsOf(process.stdout);
    for (const { stray, target } of steps) {
      const to = target && `${target.useCase.name}/${target.subscriber}`;
      if (dryRun) {
        done.push({ ...reportOf(stray), to });
        if (!json) say(`would ${action} ${describe(stray)}${to ? ` to ${to}` : ""}`);
        continue;
      }
      const { topic, subscription, place, count: found } = stray;
      const entry = { action: `strays ${action}`, topic, subscription, kept: place, to, count: found };
      writeDown(auditFileOf(opened.root, options.audit), [entry]);
      const { ports } = connection;
      const outcome = target ? await runtime.moveStray(ports, stray, target) : await runtime.dropStray(ports, stray);
      done.push({ ...reportOf(stray), to, ...outcome });
      if (json) continue;
      const moved = target ? `${count(outcome.moved, "record")} moved to ${to}, ` : "";
      say(
        `${green("✓")} ${bold(stray.topic)}: ${moved}${count(outcome.dropped, "record")} ${target ? "left behind" : "dropped"}`,
      );
      if (target && outcome.dropped > 0) say("  What was left behind is there already, or another subscriber's.");
    }
    if (json) sayJson({ ok: true, dryRun, [action === "move" ? "moved" : "dropped"]: done });
  });
}

function chosenStrays(strays: readonly Stray[], { topic, subscription }: Name): readonly Stray[] {
  const chosen = strays.filter((stray) => stray.topic === topic && stray.subscription === subscription);
  if (chosen.length > 0) return chosen;
  const known = strays.map((stray) => `${stray.topic} ${stray.subscription || '""'}`);
  throw new Fault(
    "usage",
    `No strays in topic '${topic}' for '${subscription}'. ${known.length === 0 ? "There are none at all." : `There are ${known.join(", ")}.`}`,
  );
}

function targetFor(stray: Stray, { runtime, useCases }: Opened, to: string | undefined): StrayTarget {
  if (to === undefined) {
    const only = runtime.targetOf(stray);
    if (only) return only;
    throw new Fault("usage", `Say whom they go to, with --to <use-case>/<subscriber>. ${stray.message}`);
  }
  const [name = "", subscriber = "default"] = to.split("/");
  const useCase = useCases.find((one) => one.name === name);
  if (!useCase) {
    const known = useCases.map((one) => one.name).join(", ");
    throw new Fault("usage", `--to names '${name}', and there is no such use case. There are ${known}.`);
  }
  if (useCase.subscribers.some((one) => one.name === subscriber)) return { useCase, subscriber };
  const known = useCase.subscribers.map((one) => one.name).join(", ");
  throw new Fault("usage", `--to names '${to}', and '${name}' has no such subscriber. It has ${known}.`);
}

/** Finds the strays, and does that with them. */
function onStrays(options: StoreOptions, work: (opened: Opened) => Promise<void>): Promise<void> {
  return onStores(options, async ({ root, runtime, connection }) => {
    const useCases = (await builtUseCases(root)).map(({ settings }) => settings);
    const finder = runtime.createStrayFinder(useCases);
    const { ports } = connection;
    const strays = [...(await finder.inTopics(ports)), ...(await finder.inDelays(ports))];
    await work({ root, runtime, connection, useCases, strays });
  });
}

function reportOf({ topic, subscription, place, reason, count, useCase, message }: Stray): object {
  return { topic, subscription, place, reason, count, useCase: useCase?.name ?? null, message };
}

function describe({ topic, subscription, place, count }: Stray): string {
  const what = { topic: "events", "dead-letters": "dead letters", delays: "delayed events" }[place];
  return `${count} ${what} of topic '${topic}'${subscription === "" ? "" : ` (${subscription})`}`;
}
