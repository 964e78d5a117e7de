import { identityOf, type ProjectModel, type UseCaseModel } from "./event-model.ts";

/*
 * What must hold of a lock and of a diff, told from their JSON alone: none of the compiler's code is asked.
 */

interface PartJson {
  readonly name?: string;
  readonly number: number;
}

interface TypeJson {
  readonly fields?: Readonly<Record<string, PartJson>>;
  readonly members?: Readonly<Record<string, number>>;
  readonly removed?: readonly PartJson[];
}

export interface UseCaseJson {
  readonly messages: Readonly<Record<string, TypeJson>>;
  readonly enums: Readonly<Record<string, TypeJson>>;
  readonly released?: Readonly<Record<string, ReleaseJson>>;
}

interface ReleaseJson {
  readonly messages: Readonly<Record<string, Readonly<Record<string, PartJson>> | number>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>> | number>>;
}

export type LockJson = Readonly<Record<string, UseCaseJson>>;

export function readLockJson(text: string | undefined): LockJson {
  return text === undefined ? {} : (JSON.parse(text) as { useCases: LockJson }).useCases;
}

/** `Inner4 7 → f12`: which thing has which number, in all released versions and now; by type. */
function numbersOf({ messages, enums, released = {} }: UseCaseJson): [type: string, number: number, thing: string][] {
  const now = Object.entries({ ...messages, ...enums }).flatMap(([type, { fields, members, removed = [] }]) => [
    ...Object.entries(fields ?? {}).map(([name, { number }]) => [type, number, name] as const),
    ...Object.entries(members ?? {}).map(([name, number]) => [type, number, name] as const),
    ...removed.map(({ name = "", number }) => [type, number, name] as const),
  ]);
  const before = Object.values(released).flatMap((release) =>
    Object.entries({ ...release.messages, ...release.enums }).flatMap(([type, parts]) =>
      // A number stands for the same type of a version before, which is looked at there.
      typeof parts === "number"
        ? []
        : Object.entries(parts).map(
            ([name, part]) => [type, typeof part === "number" ? part : part.number, name] as const,
          ),
    ),
  );
  return [...now, ...before].map(([type, number, name]) => [identityOf(type), number, identityOf(name)]);
}

/** Numbers that stand for two things, and things that have two numbers. */
export function doubleNumbers(lock: LockJson): string[] {
  return Object.entries(lock).flatMap(([useCase, locked]) => {
    const [things, numbers] = [new Map<string, string>(), new Map<string, number>()];
    return numbersOf(locked).flatMap(([type, number, thing]) => {
      const [other, another] = [things.get(`${type} ${number}`), numbers.get(`${type} ${thing}`)];
      things.set(`${type} ${number}`, thing);
      numbers.set(`${type} ${thing}`, number);
      return [
        ...(other !== undefined && other !== thing
          ? [`${useCase}: number ${number} of ${type} is ${other} and ${thing}`]
          : []),
        ...(another !== undefined && another !== number
          ? [`${useCase}: ${thing} of ${type} is ${another} and ${number}`]
          : []),
      ];
    });
  });
}

/** Whether two locks gave one number to two things. */
export function haveCollision(one: LockJson, other: LockJson): boolean {
  return Object.entries(one).some(([useCase, locked]) => {
    const there = other[useCase];
    if (!there) return false;
    const things = new Map(numbersOf(there).map(([type, number, thing]) => [`${type} ${number}`, thing]));
    return numbersOf(locked).some(([type, number, thing]) => (things.get(`${type} ${number}`) ?? thing) !== thing);
  });
}

/** Releases that a side has, and the merged lock has not, unless the first side has another one by that number. */
export function lostReleases(merged: LockJson, first: LockJson, other: LockJson): string[] {
  return [first, other].flatMap((side, i) =>
    Object.entries(side).flatMap(([useCase, { released = {} }]) => {
      const [kept, firsts] = [merged[useCase]?.released ?? {}, first[useCase]?.released ?? {}];
      const ascending = Object.keys(released)
        .map(Number)
        .sort((a, b) => a - b);
      const disputed = ascending.find((version) => i === 1 && firsts[version] && !isSame(firsts, released, version));
      return ascending
        .filter((version) => disputed === undefined || version < disputed)
        .filter((version) => !kept[version] || !isSame(kept, released, version))
        .map((version) => `${useCase}: version ${version} of side ${i + 1} is lost`);
    }),
  );
}

type Releases = Readonly<Record<string, ReleaseJson>>;

/** With what they say of versions before filled in. */
function isSame(one: Releases, other: Releases, version: number): boolean {
  return JSON.stringify(whole(one, version)) === JSON.stringify(whole(other, version));
}

function whole(releases: Releases, version: number): object {
  const fill = (kind: "messages" | "enums") =>
    Object.fromEntries(
      Object.entries(releases[version]?.[kind] ?? {})
        .map(([name, part]) => [name, typeof part === "number" ? releases[part]?.[kind][name] : part] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return { messages: fill("messages"), enums: fill("enums") };
}

/** What of an event's fields came, went and was renamed, in words that a diff's report can be brought to. */
export function fieldChanges(before: ProjectModel, after: ProjectModel): string[] {
  return [...after]
    .flatMap(([useCase, now]) => {
      const was = before.get(useCase);
      return was ? changesOf(was, now).map((change) => `${useCase} ${change}`) : [];
    })
    .sort();
}

function changesOf(was: UseCaseModel, now: UseCaseModel): string[] {
  return (["fields", "innerFields"] as const).flatMap((where) => {
    const [old, current] = [was, now].map((model) => new Map(model[where].map(({ name }) => [identityOf(name), name])));
    return [...new Set([...old!.keys(), ...current!.keys()])].flatMap((id) => {
      const [a, b] = [old!.get(id), current!.get(id)];
      if (a === b) return [];
      return [a === undefined ? `added ${b}` : b === undefined ? `removed ${a}` : `named ${a} named ${b}`];
    });
  });
}

export interface DiffJson {
  readonly ok: boolean;
  readonly collisions: readonly object[];
  readonly useCases: readonly {
    readonly name: string;
    readonly kind: string;
    readonly contract: { readonly changes: readonly ChangeJson[] } | null;
  }[];
}

interface ChangeJson {
  readonly kind: string;
  readonly what: string;
  readonly was: string;
  readonly is: string;
}

export function reportedChanges({ useCases }: DiffJson): string[] {
  return useCases
    .flatMap(({ name, contract }) =>
      (contract?.changes ?? [])
        // A field whose type has another name is told with both, and one that nobody released with its new number.
        .filter(({ what, was }) => !what.includes(": value ") && !/^(optional Inner|number )/.test(was))
        .map(({ kind, what, was, is }) =>
          kind === "changed" ? `${name} ${was} ${is}` : `${name} ${kind} ${what.split(".")[1]}`,
        ),
    )
    .sort();
}
