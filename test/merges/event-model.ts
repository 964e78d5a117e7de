/*
 * Use cases as a model, whose source is written from it and read back. A name tells what a thing is for ever: `f7`, or
 * renamed `f7r12`, is field 7. So who reads a lock knows without the compiler which numbers stand for one thing.
 */

export interface Named {
  readonly name: string;
  /** Former names, as the tag has them. */
  readonly was: readonly string[];
}

export interface FieldModel extends Named {
  readonly type: string;
}

export interface UseCaseModel {
  /** Of the event's own interface, and of the one below it. */
  readonly fields: readonly FieldModel[];
  readonly inner: Named;
  readonly innerFields: readonly FieldModel[];
  readonly values: readonly string[];
}

/** By use case. */
export type ProjectModel = ReadonlyMap<string, UseCaseModel>;

/** What a thing is, whatever it is called now. */
export function identityOf(name: string): string {
  return /^[A-Za-z]+\d+/.exec(name)?.[0] ?? name;
}

export function createUseCase(next: () => number): UseCaseModel {
  const field = (): FieldModel => ({ name: `f${next()}`, was: [], type: "string" });
  return {
    fields: [field(), field(), field()],
    inner: { name: `Inner${next()}`, was: [] },
    innerFields: [field(), field()],
    values: [`v${next()}`, `v${next()}`],
  };
}

export type Random = <T>(items: readonly T[]) => T;

const TYPES = ["string", "Int", "boolean", "Date", "string[]"] as const;

/** One safe change to a use case. Things above `known` are new: no lock knows a name of theirs that they had before. */
export function edit(model: UseCaseModel, next: () => number, pick: Random, known: number): UseCaseModel {
  const where = pick(["fields", "innerFields"] as const);
  const fields = model[where];
  const one = fields.length > 0 ? pick(fields) : undefined;
  const isKnown = ({ name }: Named) => Number(/\d+/.exec(name)?.[0]) <= known;
  const rename = ({ name, was }: Named) => ({
    name: `${identityOf(name)}r${next()}`,
    was: [...was, name],
  });
  switch (pick(["add", "add", "insert", "rename", "remove", "value", "type"] as const)) {
    case "add":
      return { ...model, [where]: [...fields, { name: `f${next()}`, was: [], type: pick(TYPES) }] };
    case "insert":
      return { ...model, [where]: [{ name: `f${next()}`, was: [], type: pick(TYPES) }, ...fields] };
    case "rename":
      // A merge may have left none.
      if (!one || !isKnown(one)) return model;
      return { ...model, [where]: fields.map((field) => (field === one ? { ...field, ...rename(field) } : field)) };
    case "remove":
      return fields.length < 2 ? model : { ...model, [where]: fields.filter((field) => field !== one) };
    case "value":
      return { ...model, values: [...model.values, `v${next()}`] };
    case "type":
      if (!isKnown(model.inner)) return model;
      return { ...model, inner: rename(model.inner) };
  }
}

/** Without the tags of what was renamed: the lock knows what is what by now. */
export function untagged(model: UseCaseModel): UseCaseModel {
  const plain = <T extends Named>(one: T): T => ({ ...one, was: [] });
  const { fields, inner, innerFields } = model;
  return { ...model, fields: fields.map(plain), inner: plain(inner), innerFields: innerFields.map(plain) };
}

export function sourceOf({ fields, inner, innerFields, values }: UseCaseModel): string {
  const tag = ({ was }: Named, indent: string) =>
    was.length > 0 ? [`${indent}/** @was ${was.join(" @was ")} */`] : [];
  const lines = (all: readonly FieldModel[]) =>
    all.flatMap((field) => [...tag(field, "  "), `  ${field.name}?: ${field.type};`]);
  return [
    'import { type Int, useCase } from "fivefold";',
    "export type State =",
    ...values.map((value) => `  | "${value}"`),
    ...tag(inner, ""),
    `export interface ${inner.name} {`,
    ...lines(innerFields),
    "}",
    "export interface Event {",
    ...lines(fields),
    "  state?: State;",
    `  inner?: ${inner.name};`,
    "  count?: Int;",
    "}",
    'export default useCase<Event>({ owner: "team", handler: () => {} });',
    "",
  ].join("\n");
}

/** What a source says that was written as above, and merged by git line by line; `undefined`: it is none any more. */
export function modelOf(text: string): UseCaseModel | undefined {
  const values = [...text.matchAll(/^ {2}\| "(\w+)"$/gm)].map(([, value = ""]) => value);
  const found =
    /\n(?:\/\*\* (.*) \*\/\n)?export interface (Inner\w+) \{\n([\s\S]*?)^\}\nexport interface Event \{\n([\s\S]*?)^ {2}state/m.exec(
      text,
    );
  if (!found) return undefined;
  const [, tag, name = "", innerText = "", eventText = ""] = found;
  const was = (tags: string | undefined) => [...(tags ?? "").matchAll(/@was (\w+)/g)].map(([, former = ""]) => former);
  const fieldsOf = (lines: string): FieldModel[] =>
    [...lines.matchAll(/^(?: {2}\/\*\* (.*) \*\/\n)? {2}(\w+)\?: (.+);$/gm)].map(([, tags, field = "", type = ""]) => ({
      name: field,
      was: was(tags),
      type,
    }));
  const model = {
    fields: fieldsOf(eventText),
    inner: { name, was: was(tag) },
    innerFields: fieldsOf(innerText),
    values,
  };
  return sourceOf(model) === text ? model : undefined;
}

/** What a person makes of two versions of a use case: what both kept, and what either added; of two names, the first's. */
export function mergeModels(before: UseCaseModel, first: UseCaseModel, other: UseCaseModel): UseCaseModel {
  const named = <T extends Named>(was: T, one: T, two: T): T => (one.name === was.name ? two : one);
  const fields = (where: "fields" | "innerFields") => {
    const [was, one, two] = [before, first, other].map(
      (model) => new Map(model[where].map((field) => [identityOf(field.name), field])),
    ) as [Map<string, FieldModel>, Map<string, FieldModel>, Map<string, FieldModel>];
    return [...new Set([...one.keys(), ...two.keys()])].flatMap((id): FieldModel[] => {
      const [a, b, c] = [one.get(id), two.get(id), was.get(id)];
      if (a && b) return [c ? named(c, a, b) : a];
      return c ? [] : [(a ?? b)!];
    });
  };
  return {
    fields: fields("fields"),
    inner: named(before.inner, first.inner, other.inner),
    innerFields: fields("innerFields"),
    values: [...new Set([...first.values, ...other.values])],
  };
}
