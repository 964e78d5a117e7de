import type { ts } from "ts-morph";
import type { Enum, Event, Message, Type, Union, Variant } from "../../model/model.ts";
import { rootOf } from "../../model/root.ts";
import { kindOfValue, tellApart } from "../../model/tell-apart.ts";
import type { Reading } from "../reading.ts";
import { MAX_DEPTH } from "./depth.ts";
import { checkEndless } from "./endless.ts";
import { describeType, type MessageUse, readMessage } from "./message.ts";
import { createNames, type Named, namedBy } from "./names.ts";
import { readPart, readType, reportRefusal } from "./part.ts";
import type { OutsideFault, Place, Scope } from "./reader.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { ALIKE_LISTS, readVariants } from "./unions.ts";

/** Far more than a person's type has: what grows beyond is a generic type that doubles with each level. */
const MAX_MESSAGES = 2_000;

/**
 * Of all unions together. A vocabulary whose every field takes any of a hundred types is no event: to tell each apart, and to
 * write the code for it, takes longer than anybody waits.
 */
const MAX_VARIANTS = 20_000;

/** Of packages' types, of which a few are told: where TypeScript gives up on a type, each further part takes it as long. */
const MAX_FAULTS = 100;

/** What was read of a type. */
export interface Whole {
  readonly root: Type | Refusal | "reported";
  /** With all that the root leads to. `undefined`: it is neither message nor union, or something is at fault. */
  readonly event: Event | undefined;
  /** What packages' types have that can't be sent: not reported yet. */
  readonly faults: readonly OutsideFault[];
}

/**
 * Reads a type and all that it leads to, and reports what has no wire form but for what packages declare. Where `takes`
 * does not take what the type itself is, no more is read.
 */
export function readWhole(
  type: ts.Type,
  place: Place,
  reading: Reading,
  takes: (root: Type) => boolean = () => true,
): Whole {
  const nameOf = createNames();
  const names = { plain: new Map<ts.Type, string>(), portable: new Map<ts.Type, string>() };
  const uses: MessageUse[] = [];
  const enums = new Map<ts.Symbol | ts.Type | number, Enum>();
  const unions: UnionUse[] = [];
  const faults: OutsideFault[] = [];
  let failed = false;
  let variantCount = 0;

  const scope: Scope = {
    ...reading,
    refuseOutside: (fault) => {
      failed = true;
      faults.push(fault);
    },
    report: (...fault) => {
      failed = true;
      reading.report(...fault);
    },
    part: (type, place) => readPart(type, place, scope),
    message(type, place) {
      const namesOf = place.portable ? names.portable : names.plain;
      const known = namesOf.get(type);
      if (known) return { kind: "message", name: known };
      if (uses.length >= MAX_MESSAGES) return TOO_MANY;
      if (place.depth >= MAX_DEPTH) {
        scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
        return "reported";
      }
      const name = nameOf(namedBy(type, place.written, reading)?.name, place.name);
      namesOf.set(type, name);
      uses.push({ type, name, place: { ...place, depth: place.depth + 1, contained: false } });
      return { kind: "message", name };
    },
    union(type, place) {
      const declared = namedBy(type, place.written, reading);
      // Without a declaration it is one of its own, as an enum is; but where it is in itself, it is that.
      const known = unions.find((use) => {
        if (use.place.portable !== place.portable) return false;
        return declared ? use.identity === declared.identity : use.isOpen && use.type === type;
      });
      if (known) return { kind: "union", name: known.name };
      if (place.depth >= MAX_DEPTH) {
        scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
        return "reported";
      }
      const isFirstTooMany = variantCount <= MAX_VARIANTS;
      variantCount += type.types.length;
      if (variantCount > MAX_VARIANTS) return isFirstTooMany ? TOO_MANY_VARIANTS : "reported";
      const name = nameOf(declared?.name, place.name);
      const use: UnionUse = {
        type,
        name,
        place,
        variants: [],
        isOpen: true,
        identity: declared?.identity,
        ...describeType(declared, undefined, place, scope),
      };
      unions.push(use);
      const variants = readVariants(type, name, place, scope);
      use.isOpen = false;
      if (!variants) return "reported";
      if ("kind" in variants) return variants;
      use.variants = variants;
      return { kind: "union", name };
    },
    enumeration(type, members, place) {
      const declared = type && namedBy(type, place.written, reading);
      // Two fields that happen to list the same literals may part ways later, so each keeps an enum of its own.
      const key = declared?.identity ?? enums.size;
      const known = enums.get(key);
      if (known) return { kind: "enum", name: known.name };
      const name = nameOf(declared?.name, place.name);
      enums.set(key, { name, members, ...describeType(declared, type, place, scope) });
      return { kind: "enum", name };
    },
  };

  const root = readType(type, place, scope);
  if (root === "reported" || root.kind === "refusal" || !takes(root)) return { root, event: undefined, faults };
  const messages: Message[] = [];
  // Level by level, so that a type's depth is that of its shortest way from the root, whatever the order of fields.
  // Reading a message adds the ones that it is first to use.
  for (const use of uses) {
    if (variantCount > MAX_VARIANTS || faults.length > MAX_FAULTS) break;
    messages.push(readMessage(use, scope));
  }
  if (failed) return { root, event: undefined, faults };
  const name = root.kind === "message" || root.kind === "union" ? root.name : "";
  const event = { name, version: 0, messages, enums: [...enums.values()], unions: unions.map(unionOf) };
  for (const use of unions) checkDistinct(use, event, scope);
  checkEndless(event, scope.report);
  return { root, event: failed ? undefined : event, faults };
}

/** Whether the event is an object, whichever of its variants it is. */
export function isObject(event: Event): boolean {
  const root = rootOf(event);
  const union = event.unions.find(({ name }) => root.kind === "union" && name === root.name);
  const types = union?.variants.map(({ type }) => type) ?? [root];
  return types.every((type) => type.kind === "message" && kindOfValue(type, event) === "object");
}

/** A union while it is being read, and where it is first used. */
interface UnionUse extends Union {
  readonly type: ts.Type;
  readonly place: Place;
  readonly identity: Named["identity"] | undefined;
  variants: readonly Variant[];
  /** Whether its variants are being read. */
  isOpen: boolean;
}

function unionOf({ name, doc, span, variants }: UnionUse): Union {
  return { name, doc, span, variants };
}

function checkDistinct(use: UnionUse, event: Event, scope: Scope): void {
  const distinction = tellApart(use, event);
  if (distinction.isDistinct) return;
  if (distinction.alike.some(({ type }) => type.kind === "array")) {
    reportRefusal(ALIKE_LISTS, use.type, use.place, scope);
    return;
  }
  const names = distinction.alike.map(({ name }) => `'${name}'`);
  const alike = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const isOthers = use.place.outside !== undefined || use.place.portable;
  const refusal = refuse(
    `and no field tells ${alike} apart`,
    isOthers
      ? "Leave out all of them but one, as with `Exclude<…>`."
      : 'Give each a required field with a literal of its own, such as `kind: "…"`, or declare an interface with the fields that ' +
          "are needed.",
  );
  reportRefusal(refusal, use.type, use.place, scope);
}

const TOO_MANY = refuse(
  `and the event has more than ${MAX_MESSAGES} different object types by then`,
  "Where a generic type uses itself with other arguments, give it fixed ones.",
);

const TOO_MANY_VARIANTS = refuse(
  `and the unions of the event have more than ${MAX_VARIANTS} members in all by then`,
  "Leave out what the event has no need of, or take fields that may be so many things as `Json`.",
);
