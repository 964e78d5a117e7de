import { type Diagnostic, diagnostic, type Span } from "../diagnostics/diagnostics.ts";
import type { Event, Field } from "../model/model.ts";
import { isSameShape, type Shape } from "../model/shape.ts";
import { wireTypeName } from "../model/wire-type-names.ts";
import { defaultChanges, versionsWithout } from "./default-changes.ts";
import { defaultOf, defaultText } from "./default-value.ts";
import type { Releases } from "./earlier.ts";
import { formerNamesOf, newNamesOf } from "./look-alikes.ts";
import type { Misreading, Place, Reads } from "./misreading.ts";
import { misreadings } from "./misreadings.ts";

/** What records of released versions don't survive, each change once, with the versions that it concerns. */
export function incompatibilities(event: Event, releases: Releases, useCase: string): Diagnostic[] {
  const found = new Map<string, { readonly misreading: Misreading; readonly versions: number[] }>();
  for (const [version, shape] of releases) {
    if (isSameShape(shape, event)) continue;
    for (const misreading of misreadings(shape, version, event)) {
      const key = JSON.stringify(misreading);
      const known = found.get(key) ?? { misreading, versions: [] };
      known.versions.push(version);
      found.set(key, known);
    }
  }
  return [
    ...[...found.values()].map(({ misreading, versions }) => {
      const shapes = versions.map((version) => releases.get(version)!);
      return describe(misreading, versions, shapes, event, useCase);
    }),
    ...changedDefaults(event, releases, useCase),
  ];
}

/** Each field once, with the first version that says otherwise. */
function changedDefaults(event: Event, releases: Releases, useCase: string): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const [by, shape] of releases) {
    for (const change of defaultChanges(shape, event)) {
      const { owner, part: name } = change;
      const field = fieldAt(change, event);
      const versions = versionsWithout(change, by, event, releases);
      const key = `${owner} ${name}`;
      if (!field || versions.length === 0 || found.has(key)) continue;
      const [was, now] = [defaultText(change.was, field.type), defaultText(change.is, field.type)];
      found.set(key, diagnostic("default-changed", field.span, { owner, name, versions, useCase, by, was, now }));
    }
  }
  return [...found.values()];
}

/** `shapes` are those of the versions. */
function describe(
  misreading: Misreading,
  versions: readonly number[],
  shapes: readonly Shape[],
  event: Event,
  useCase: string,
): Diagnostic {
  const { owner, part } = misreading;
  const field = fieldAt(misreading, event);
  const span = field?.span ?? spanOf(owner, event);
  const about = { owner, name: part, versions, useCase };
  switch (misreading.kind) {
    case "added": {
      const fault = field && faultOf(field, event);
      const former = formerNamesOf(misreading, shapes, event);
      return diagnostic("required-field-added", span, { ...about, reads: readsIt(misreading.reads), fault, former });
    }
    case "absence": {
      const { was, reads } = misreading;
      const fault = field && faultOf(field, event);
      const state = was === "zero" ? "empty or zero" : was;
      return diagnostic("absence-misread", span, {
        ...about,
        was: state,
        reads: readsIt(reads),
        fault,
        back: BACK[was],
      });
    }
    case "rule": {
      const { rule, was, is } = misreading;
      return diagnostic("rule-narrowed", span, { ...about, rule, was, now: is });
    }
    case "unknown": {
      const { name, what } = misreading;
      const renamed = newNamesOf(misreading, shapes, event);
      return diagnostic("value-removed", span, { ...about, name, what: what === "member" ? "value" : what, renamed });
    }
    case "name": {
      const { name, what, number } = misreading;
      return diagnostic("name-reused", span, { ...about, name, what, number });
    }
    case "json": {
      const { was, is } = misreading;
      return diagnostic("json-form-changed", span, { ...about, name: owner, was, now: is });
    }
    case "type": {
      const [old, now] = [wireTypeName(misreading.was), wireTypeName(misreading.is)];
      if (part === "") return diagnostic("event-type-changed", span, { old, now });
      const number = field?.number ?? numberOf(misreading, event);
      return diagnostic("field-type-changed", span, { field: part, message: owner, number, old, now });
    }
  }
}

const BACK = {
  absent: "Keep it optional, or say what it is in those records with a comment: `/** @default … */`.",
  null: "Keep `| null`, or say what it is in those records with a comment: `/** @default … */`.",
  zero: "Keep it as it was in the version that was released last.",
} as const;

/** Completes "workers would … those that are still queued". */
function readsIt(reads: Reads): string {
  switch (reads) {
    case "fault":
      return "fail to decode";
    case "zero":
      return "read it as empty or zero in";
    case "default":
      return "read it as its default in";
    case "absent":
    case "null":
      return `read it as ${reads} in`;
  }
}

function faultOf(field: Field, event: Event): string | undefined {
  const given = defaultOf(field, event);
  return given?.kind === "wrong" ? `'${given.text}' is no default of it: that is ${given.expected}.` : undefined;
}

function fieldAt({ owner, part }: Place, { messages }: Event): Field | undefined {
  return messages.find(({ name }) => name === owner)?.fields.find(({ name }) => name === part);
}

function numberOf({ owner, part }: Misreading, { unions }: Event): number {
  return unions.find(({ name }) => name === owner)?.variants.find(({ name }) => name === part)?.number ?? 0;
}

function spanOf(owner: string, { messages, enums, unions }: Event): Span {
  return [...messages, ...enums, ...unions].find(({ name }) => name === owner)!.span;
}
