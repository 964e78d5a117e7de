import type { Event, Field, Type } from "../../model/model.ts";
import type { Scope } from "./reader.ts";

/** A message or union that no value ends in, and a part of it that always leads to another such. */
interface Step {
  readonly name: string;
  readonly part: string;
  readonly to: string;
  readonly field: Field | undefined;
}

/** Reports types whose values would have to go on without an end, such as `type C = { a: C }`: each ring of them once. */
export function checkEndless(event: Event, report: Scope["report"]): void {
  const steps = endlessSteps(event);
  const told = new Set<string>();
  for (const start of steps.keys()) {
    const way: Step[] = [];
    let name = start;
    while (!told.has(name) && !way.some((step) => step.name === name)) {
      const step = steps.get(name)!;
      way.push(step);
      name = step.to;
    }
    const ring = way.slice(way.findIndex((step) => step.name === name));
    const field = ring.find((step) => step.field)?.field;
    if (!told.has(name) && field) {
      const path = ring.map((step) => `${step.name}.${step.part}`);
      report("endless-type", field.span, { type: name, path, field: field.name });
    }
    for (const step of way) told.add(step.name);
  }
}

/** Of each type without finite values, the first part that has none. */
function endlessSteps({ messages, unions }: Event): Map<string, Step> {
  const finite = new Set<string>();
  const ends = (type: Type): boolean => endOf(type, finite) === undefined;
  const isEnding = new Map<string, () => boolean>([
    ...messages.map(({ name, fields }) => [name, () => fields.every((f) => f.optional || ends(f.type))] as const),
    ...unions.map(({ name, variants }) => [name, () => variants.some(({ type }) => ends(type))] as const),
  ]);
  // What ends needs only what is known to end, so each round finds those of one level more.
  for (let before = -1; before < finite.size; ) {
    before = finite.size;
    for (const [name, isOne] of isEnding) if (!finite.has(name) && isOne()) finite.add(name);
  }
  const steps = new Map<string, Step>();
  for (const { name, fields } of messages) {
    const field = finite.has(name) ? undefined : fields.find((f) => !f.optional && !ends(f.type));
    if (field) steps.set(name, { name, part: field.name, to: endOf(field.type, finite)!, field });
  }
  for (const { name, variants } of unions) {
    const [variant] = finite.has(name) ? [] : variants;
    if (variant) steps.set(name, { name, part: variant.name, to: endOf(variant.type, finite)!, field: undefined });
  }
  return steps;
}

/** The message or union for which a type has no value yet; `undefined`: it has one without it. */
function endOf(type: Type, finite: ReadonlySet<string>): string | undefined {
  if (type.kind === "array") return type.minItems ? endOf(type.items, finite) : undefined;
  if (type.kind !== "message" && type.kind !== "union") return undefined;
  return finite.has(type.name) ? undefined : type.name;
}
