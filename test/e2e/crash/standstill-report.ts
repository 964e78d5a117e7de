import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import type { Life } from "./life.ts";

/** How many ids of a kind are shown. */
const SHOWN_IDS = 20;
const SHOWN_LINES = 15;
/** Of a worker's metrics, what it holds and what it got. */
const HELD =
  /^fivefold_(scheduler_received|flow_control_(waiting|in_flight|paused)|execution_running|delivery_(sent|done|retried))[^ ]* [^0]/;

interface SubscriptionStats {
  readonly consumers: readonly Record<string, unknown>[];
  readonly [name: string]: unknown;
}

/**
 * What is known of events that are not handled: which they are, what the broker has of each topic and believes of each
 * consumer, and what each worker holds. To be asked for while all of them still run.
 */
export async function reportStandstill({
  missing,
  broker,
  namespace,
  workers,
}: {
  readonly missing: readonly string[];
  readonly broker: Pick<PulsarBroker, "admin">;
  readonly namespace: string;
  readonly workers: readonly Life[];
}): Promise<string> {
  const lines: string[] = [];
  for (const [kind, ids] of Map.groupBy(missing, kindOf)) {
    lines.push(`${ids.length} of ${kind} are missing: ${ids.slice(0, SHOWN_IDS).join(" ")}`);
  }
  const found = await answered(broker.admin("GET", `/admin/v2/persistent/${namespace}`));
  const urls = Array.isArray(found) ? (found as string[]) : [];
  if (urls.length === 0) lines.push(`topics: ${JSON.stringify(found)}`);
  for (const url of urls) lines.push(...(await reportTopic(broker, url)));
  for (const worker of workers) lines.push(...(await reportWorker(worker)));
  return lines.join("\n");
}

/** By what the crash tests' producer calls its events. */
function kindOf(id: string): string {
  if (id.includes(":")) return "survive-in-order";
  return /-d\d+$/.test(id) ? "survive-until-due" : "survive";
}

async function reportTopic({ admin }: Pick<PulsarBroker, "admin">, url: string): Promise<string[]> {
  const path = `/admin/v2/${url.replace("://", "/")}`;
  const stats = (await answered(admin("GET", `${path}/stats?getPreciseBacklog=true`))) as {
    subscriptions?: Record<string, SubscriptionStats>;
  };
  const internal = (await answered(admin("GET", `${path}/internalStats`))) as {
    cursors?: Record<string, Record<string, unknown>>;
  };
  const lines = [`topic ${url}`];
  if (!stats.subscriptions) lines.push(`  stats: ${JSON.stringify(stats)}`);
  for (const [name, { consumers, ...subscription }] of Object.entries(stats.subscriptions ?? {})) {
    lines.push(`  subscription ${name} ${shown(subscription)}`);
    for (const consumer of consumers) lines.push(`    consumer ${shown(consumer)}`);
  }
  const { cursors, ...ledger } = internal;
  lines.push(`  ledger ${JSON.stringify(ledger)}`);
  for (const [name, cursor] of Object.entries(cursors ?? {})) lines.push(`  cursor ${name} ${JSON.stringify(cursor)}`);
  return lines;
}

/** Without what says nothing: zeros, and the hashes of keys that each consumer gets. */
function shown(values: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(values).filter(([name, value]) => value !== 0 && !/keyHashRange|^metadata$/i.test(name));
  return JSON.stringify(Object.fromEntries(told));
}

async function reportWorker({ child, lines }: Life): Promise<string[]> {
  const port = lines.findLast((line) => /port \d+/.test(line))?.match(/port (\d+)/)?.[1];
  const metrics = port ? await answered(fetch(`http://127.0.0.1:${port}/metrics`).then((it) => it.text())) : "no port";
  const held = typeof metrics === "string" ? metrics.split("\n").filter((line) => HELD.test(line)) : [metrics];
  return [
    `worker ${child.pid}`,
    ...held.map((line) => `  ${typeof line === "string" ? line : JSON.stringify(line)}`),
    ...lines.slice(-SHOWN_LINES).map((line) => `  > ${line}`),
  ];
}

/** The answer, or why there is none: a report goes on without. */
async function answered(answer: Promise<unknown>): Promise<object | string> {
  try {
    return (await answer) as object | string;
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
