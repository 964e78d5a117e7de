import { Buffer } from "node:buffer";
import type { DeadLetter, LetterGroup, LetterPlace } from "../../runtime/runtime.ts";
import { colorsOf, complain, count, grouped, say } from "../terminal.ts";
import type { Decode } from "./decode-letter.ts";

export const identityOf = ({ useCase, subscriber }: LetterPlace) => ({ useCase: useCase.name, subscriber });

export const nameOf = ({ useCase, subscriber }: LetterPlace) =>
  useCase.subscribers.length === 1 ? useCase.name : `${useCase.name}/${subscriber}`;

export function reportOfList(list: { place: LetterPlace; found: readonly LetterGroup[]; unreachable: number }): object {
  return {
    ...identityOf(list.place),
    count: list.found.reduce((sum, group) => sum + group.count, 0),
    unreachable: list.unreachable,
    groups: list.found.map(({ signature, firstAt, lastAt, id, ...group }) => ({
      ...{ signature: signature.id, text: signature.text, ...group },
      ...{ firstAt: new Date(firstAt).toISOString(), lastAt: new Date(lastAt).toISOString(), example: id },
    })),
  };
}

export function reportOfLetter(letter: DeadLetter, place: LetterPlace, decode: Decode) {
  const { failure, payload, id, version, attempt, key, tenant, enqueuedAt } = letter.record;
  const decoded = decode(letter);
  return {
    ...identityOf(place),
    ...{ id, version, tries: attempt, key, tenant },
    enqueuedAt: new Date(enqueuedAt).toISOString(),
    failedAt: new Date(failure.failedAt).toISOString(),
    ...{ reason: failure.reason, message: failure.message, signature: letter.signature.id },
    ...decoded,
    ...("undecodable" in decoded && { payload: Buffer.from(payload).toString("base64") }),
  };
}

export function sayGroup({ signature, reason, count: found, firstAt, lastAt, versions, id }: LetterGroup): void {
  const { bold, dim } = colorsOf(process.stdout);
  const [first, last] = [new Date(firstAt).toISOString(), new Date(lastAt).toISOString()];
  const when = first === last ? first : `${first} to ${last}`;
  say(`  ${bold(signature.id)}  ${grouped(found)} × ${reason}: ${signature.text}`);
  say(`  ${dim(`          ${when}, event version ${versions.join(", ")}, such as ${id}`)}`);
}

export function sayLetter(letter: ReturnType<typeof reportOfLetter>): void {
  const { bold, dim, red } = colorsOf(process.stdout);
  say(`${bold(letter.id)}  ${letter.useCase}/${letter.subscriber}, event version ${letter.version}`);
  say(`  ${red(letter.reason)} after ${count(letter.tries, "try").replace("trys", "tries")}: ${letter.message}`);
  const key = letter.key === "" ? "" : `, key ${letter.key}`;
  const tenant = letter.tenant === "" ? "" : `, tenant ${letter.tenant}`;
  say(
    dim(`  enqueued ${letter.enqueuedAt}, given up ${letter.failedAt}, signature ${letter.signature}${key}${tenant}`),
  );
  const body =
    "event" in letter
      ? JSON.stringify(letter.event, null, 2)
      : `can't be decoded: ${letter.undecodable}\npayload, base64: ${letter.payload}`;
  say(body.replace(/^/gm, "  "));
}

export function sayTaken(action: "redrive" | "discard", place: LetterPlace, taken: number, dryRun: boolean): void {
  const { bold, green } = colorsOf(process.stdout);
  const letters = `${count(taken, "dead letter")} of ${bold(nameOf(place))}`;
  if (dryRun) say(`would ${action} ${letters}`);
  else say(`${green("✓")} ${letters} ${action === "redrive" ? "handed on again" : "forgotten"}`);
}

export function tellUnreachable(place: LetterPlace, unreachable: number): void {
  if (unreachable === 0) return;
  complain(
    `Some dead letters of ${nameOf(place)} could not be seen, at least ${grouped(unreachable)}: another command or program ` +
      "holds them. Do it again once that has ended.",
  );
}
