import { anyOf, error } from "./entry.ts";

/** What a change has in common with others that records of released versions don't survive. */
export interface Breaking {
  /** The field, value or variant. */
  readonly name: string;
  /** The message, enum or union that it belongs to. */
  readonly owner: string;
  /** The released versions whose records come out wrong, ascending. */
  readonly versions: readonly number[];
  readonly useCase: string;
}

/** Faults of events against their released versions: of records that are queued, delayed or dead-lettered. */
export const EVOLUTION = {
  "required-field-added": error<Breaking & { reads: string; fault: string | undefined; former: readonly string[] }>(
    ({ name, owner, versions, reads }) =>
      `'${name}' of ${owner} is required, and records of ${list(versions)} have none: workers would ${reads} those that ` +
      "are still queued, delayed or dead-lettered.",
    ({ name, versions, useCase, fault, former }) =>
      former.length > 0
        ? `If it is ${anyOf(former)} under a new name, say so with a comment above it, and its values are kept: ` +
          `\`/** @was ${tagText(former[0]!)} */\`. If it is something else, make it optional (\`${name}?\`), or say what it is in ` +
          `those records: \`/** @default … */\`; what they hold in ${anyOf(former)} is lost to handlers either way.` +
          `${fault ? ` ${fault}` : ""} ${orRetire(versions, useCase)}`
        : `Make it optional (\`${name}?\`), or say what it is in those records with a comment: \`/** @default … */\`.` +
          `${fault ? ` ${fault}` : ""} ${orRetire(versions, useCase)}`,
  ),
  "absence-misread": error<Breaking & { was: string; reads: string; fault: string | undefined; back: string }>(
    ({ name, owner, versions, was, reads }) =>
      `'${name}' of ${owner} may be ${was} in records of ${list(versions)}: workers would ${reads} those that are still ` +
      "queued, delayed or dead-lettered.",
    ({ versions, useCase, fault, back }) => `${back}${fault ? ` ${fault}` : ""} ${orRetire(versions, useCase)}`,
  ),
  "default-changed": error<Breaking & { by: number; was: string; now: string }>(
    ({ name, owner, versions, by, was, now }) =>
      `'${name}' of ${owner} is ${was} in records of ${list(versions)}, which have none, as version ${by} was released, and ` +
      `${now} now: workers would read those that are still queued, delayed or dead-lettered in two ways.`,
    ({ versions, useCase, was }) =>
      `Give it back its default, \`/** @default ${was} */\`: new records say what they hold, and need none. ` +
      `${orRetire(versions, useCase)}`,
  ),
  "rule-narrowed": error<Breaking & { rule: string; was: string; now: string }>(
    ({ name, owner, versions, rule, was, now }) =>
      `The rule '${rule}' of '${name}' of ${owner} was ${was} in ${list(versions)} and is ${now} now: handlers would be ` +
      "given values beyond it from records that are still queued, delayed or dead-lettered.",
    ({ versions, useCase }) =>
      "Keep the wider rule and let the handler reject what is beyond the narrower one, or add an optional field with the " +
      `narrower rule and send both for a while. ${orRetire(versions, useCase)}`,
  ),
  "value-removed": error<Breaking & { what: string; renamed: readonly string[] }>(
    ({ name, owner, versions, what }) =>
      `${owner} had the ${what} '${name}' in ${list(versions)} and doesn't now: records with it that are still queued, ` +
      "delayed or dead-lettered could not be decoded.",
    ({ name, versions, useCase, what, renamed }) =>
      renamed.length > 0
        ? `If it is called ${anyOf(renamed)} now, say so with a comment above that: \`/** @was ${tagText(name)} */\`. Else keep ` +
          `'${name}' and stop sending it. ${orRetire(versions, useCase)}`
        : `Keep '${name}' and stop sending it, or, if it has another name now, say so with a comment above the new ${what}: ` +
          `\`/** @was ${tagText(name)} */\`. ${orRetire(versions, useCase)}`,
  ),
  "name-reused": error<Breaking & { what: string; number: number }>(
    ({ name, owner, versions, what, number }) =>
      `'${name}' is another ${what} of ${owner} than in ${list(versions)}, where it had number ${number}. JSON has names ` +
      "and no numbers: programs that read or send the old one in JSON would confuse the two.",
    ({ what, versions, useCase }) => `Give the new ${what} a name that was never used. ${orRetire(versions, useCase)}`,
  ),
  "json-form-changed": error<Breaking & { was: string; now: string }>(
    ({ name, versions, was, now }) =>
      `${name} was ${was} in JSON in ${list(versions)} and is ${now} now: JSON from programs that still send or store it as it ` +
      "was could not be read.",
    ({ name, versions, useCase }) =>
      `Keep ${name} as it was, and give what is new a field of its own beside it. ${orRetire(versions, useCase)}`,
  ),
  "unknown-former-name": error<{ name: string; owner: string; was: string; reason: string; fix: string }>(
    ({ name, owner, was, reason }) =>
      `'${name}' of ${owner} says that it was '${was}', but ${reason}. What was renamed keeps its number, by which old ` +
      "records are read.",
    ({ fix }) => fix,
  ),
};

/** A name as its tag has it. */
function tagText(name: string): string {
  return /\s/.test(name) || name === "" ? `"${name}"` : name;
}

/** `version 1`, `versions 1 and 3`, `versions 1 to 4`. */
function list(versions: readonly number[]): string {
  const [first = 0] = versions;
  const last = versions.at(-1) ?? first;
  if (versions.length === 1) return `version ${first}`;
  if (versions.length > 2 && last - first === versions.length - 1) return `versions ${first} to ${last}`;
  return `versions ${versions.slice(0, -1).join(", ")} and ${last}`;
}

function orRetire(versions: readonly number[], useCase: string): string {
  return (
    `Otherwise it is another event: give it a use case of its own, or stop sending ${list(versions)}, wait until no record ` +
    `of it is left anywhere, and run \`fivefold retire ${useCase} ${versions.at(-1)}\`.`
  );
}
