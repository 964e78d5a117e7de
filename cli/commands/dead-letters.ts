import { EXIT, Fault } from "../../loader/fault.ts";
import type { DeadLetter, LetterFilter, LetterPlace, LettersTaken } from "../../runtime/runtime.ts";
import { parseRate } from "../options.ts";
import { placesOf } from "../places.ts";
import { onStores, type Stores } from "../stores.ts";
import { colorsOf, count, say, sayJson } from "../terminal.ts";
import { type AuditLog, auditFileOf, openAuditLog } from "./audit-log.ts";
import { filterOf, hasFilter, type LetterOptions, positive, type TakeOptions } from "./dead-letter-options.ts";
import {
  identityOf,
  nameOf,
  reportOfLetter,
  reportOfList,
  sayGroup,
  sayLetter,
  sayTaken,
  tellUnreachable,
} from "./dead-letter-output.ts";
import { decoderOf } from "./decode-letter.ts";

const SHOWN = 10;

/** `fivefold dead-letters list [use-case[/subscriber]]` */
export async function listDeadLetters(name: string | undefined, options: LetterOptions): Promise<void> {
  await onStores(options, async (stores) => {
    const places = await placesOf(stores.root, name);
    const lists = [];
    for (const place of places) {
      const filter = await filterOf(stores.root, place, options);
      lists.push({ place, ...(await stores.runtime.groupDeadLetters(stores.connection.ports, place, filter)) });
    }
    if (options.json) return sayJson({ ok: true, deadLetters: lists.map(reportOfList) });
    const { bold, green } = colorsOf(process.stdout);
    for (const { place, found, unreachable } of lists) {
      const sum = found.reduce((all, group) => all + group.count, 0);
      if (sum > 0) say(`${bold(nameOf(place))}  ${count(sum, "dead letter")}`);
      for (const group of found) sayGroup(group);
      tellUnreachable(place, unreachable);
    }
    if (lists.every(({ found, unreachable }) => found.length + unreachable === 0)) say(`${green("✓")} no dead letters`);
  });
}

/** `fivefold dead-letters show <use-case[/subscriber]>` */
export async function showDeadLetters(name: string, options: LetterOptions): Promise<void> {
  await onStores(options, async (stores) => {
    const limit = positive("--limit", options.limit) ?? SHOWN;
    const letters: object[] = [];
    for (const place of await placesOf(stores.root, name)) {
      const filter = await filterOf(stores.root, place, options);
      const { ports } = stores.connection;
      const { found, unreachable } = await stores.runtime.findDeadLetters(ports, place, filter, limit - letters.length);
      const decode = await decoderOf(stores.root, place);
      for (const letter of found) {
        const shown = reportOfLetter(letter, place, decode);
        letters.push(shown);
        if (!options.json) sayLetter(shown);
      }
      tellUnreachable(place, unreachable);
      if (letters.length >= limit) break;
    }
    if (options.json) sayJson({ ok: true, deadLetters: letters });
    else if (letters.length === 0) say("There is no such dead letter.");
  });
}

/** `fivefold dead-letters redrive|discard <use-case[/subscriber]>` */
export async function takeDeadLetters(
  action: "redrive" | "discard",
  name: string,
  options: TakeOptions,
): Promise<void> {
  const { json = false, dryRun = false } = options;
  await onStores(options, async (stores) => {
    const done = await takeLetters(stores, action, name, options);
    if (json) sayJson({ ok: true, dryRun, [action === "redrive" ? "redriven" : "discarded"]: done.map(reportOfTaken) });
    if (done.some(({ unreachable }) => unreachable > 0)) process.exitCode = EXIT.environment;
    for (const { place, count: taken, unreachable } of done) {
      if (!json) sayTaken(action, place, taken, dryRun);
      tellUnreachable(place, unreachable);
    }
  });
}

const reportOfTaken = ({ place, ...taken }: LettersTaken & { readonly place: LetterPlace }) => ({
  ...identityOf(place),
  ...taken,
});

/** Redrives or discards, or only counts with `dryRun`. `by`: who does, where that is not who runs this process. */
export async function takeLetters(
  stores: Stores,
  action: "redrive" | "discard",
  name: string,
  options: TakeOptions,
  by?: string,
): Promise<readonly (LettersTaken & { readonly place: LetterPlace })[]> {
  const { dryRun = false } = options;
  const rate = options.rate === undefined ? undefined : parseRate("--rate", options.rate);
  const perSecond = rate && (rate.count * 1_000) / rate.periodMs;
  let rest = positive("--limit", options.limit);
  if (action === "discard" && !options.all && !hasFilter(options)) {
    throw new Fault("usage", "Say which dead letters are to be forgotten, by --signature or the like, or --all.");
  }
  const { runtime, connection, root } = stores;
  const done = [];
  for (const place of await placesOf(root, name)) {
    if (rest === 0) break;
    const filter = await filterOf(root, place, options);
    const log = dryRun ? undefined : openAuditLog(auditFileOf(root, options.audit), by);
    const audit = log && auditor(log, action, place);
    const settings = { filter, limit: rest, audit };
    const taken = dryRun
      ? await countMeant(stores, place, filter, rest)
      : action === "redrive"
        ? await runtime.redriveDeadLetters(connection.ports, place, { ...settings, perSecond })
        : await runtime.discardDeadLetters(connection.ports, place, settings);
    log?.close();
    if (rest !== undefined) rest -= taken.count;
    done.push({ place, ...taken });
  }
  return done;
}

async function countMeant({ runtime, connection }: Stores, place: LetterPlace, filter: LetterFilter, limit?: number) {
  const { found, unreachable } = await runtime.groupDeadLetters(connection.ports, place, filter);
  const all = found.reduce((sum, group) => sum + group.count, 0);
  return { count: Math.min(all, limit ?? all), unreachable };
}

/** Writes down what is done to each letter, before it is. */
function auditor(log: AuditLog, action: string, place: LetterPlace): (letters: readonly DeadLetter[]) => void {
  return (letters) =>
    log.write(
      letters.map(({ record: { id, version, failure }, signature }) => {
        const failedAt = new Date(failure.failedAt).toISOString();
        return { action, ...identityOf(place), id, version, reason: failure.reason, signature: signature.id, failedAt };
      }),
    );
}
