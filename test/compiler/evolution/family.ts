import { type Form, type History, history, INNER_PLACES, PRESENCES, presences } from "./history.ts";
import { KINDS, kindOf } from "./kinds.ts";
import { members, variants } from "./members.ts";

/*
 * The family of small schema changes: every kind of field in every presence, changed into every other that may be mistaken
 * for it, in different places of an event, over several versions.
 */

/** Every kind into every other. */
function* typeChanges(): Generator<History> {
  for (const kind of KINDS) {
    for (const next of KINDS) {
      yield history("event", [
        { kind, presence: "required" },
        { kind: next, presence: "required" },
      ]);
    }
  }
}

/** Every presence into every other, of every kind, and of kinds of which one is the other with more or less in it. */
function* presenceChanges(): Generator<History> {
  const related: readonly (readonly [string, string])[] = [
    ...KINDS.map(({ label }) => [label, label] as const),
    ["text to 5", "text"],
    ["text from 1", "text"],
    ["int 1 to 10", "int 0 to 10"],
    ["int", "bigint"],
    ["red|green", "red|green|blue"],
    ["null", "text"],
    ["null", "int"],
  ];
  for (const [from, to] of related) {
    for (const form of presences(kindOf(from))) {
      for (const next of presences(kindOf(to)))
        if (form.kind !== next.kind || form.presence !== next.presence) yield history("event", [form, next]);
    }
  }
}

/** Fields that come and go, everywhere. */
function* comingAndGoing(): Generator<History> {
  for (const kind of KINDS) {
    for (const form of presences(kind)) {
      yield history("event", [undefined, form]);
      yield history("event", [form, undefined]);
    }
  }
  for (const label of ["text", "int 1 to 10", "red|green", "{a}", "text[]", "map of int"]) {
    for (const form of presences(kindOf(label))) {
      for (const place of INNER_PLACES) {
        yield history(place, [undefined, form]);
        yield history(place, [form, undefined]);
        for (const next of presences(kindOf(label)))
          if (next.presence !== form.presence) yield history(place, [form, next]);
      }
    }
  }
}

const DEFAULTS: readonly (readonly [label: string, text: string, value: unknown])[] = [
  ["text", '"none"', "none"],
  ["text", "''", ""],
  ["text to 5", '"none"', "none"],
  ["text to 5", '"longer than 5"', "longer than 5"],
  ["text /^a/", '"abc"', "abc"],
  ["text /^a/", '"bc"', "bc"],
  ["int", "7", 7],
  ["int", "0", 0],
  ["int", '"7"', "7"],
  ["int 1 to 10", "1", 1],
  ["int 1 to 10", "0", 0],
  ["bigint", "5n", 5n],
  ["float", "-1.5", -1.5],
  ["boolean", "true", true],
  ["boolean", "false", false],
  ["true", "true", true],
  ["date", '"2026-01-01T00:00:00Z"', new Date("2026-01-01T00:00:00Z")],
  ["red|green", '"green"', "green"],
  ["red|green", '"pink"', "pink"],
  ["200|404", "404", 404],
  ["text[]", "[]", []],
  ["text[] from 1", "[]", []],
  ["map of text", "{}", {}],
  ["text", "null", null],
  ["json", "null", null],
];

function* defaults(): Generator<History> {
  for (const [label, text, value] of DEFAULTS) {
    const kind = kindOf(label);
    for (const presence of PRESENCES) {
      const form: Form = { kind, presence, given: [text, value] };
      for (const before of [undefined, ...presences(kind)]) yield history("event", [before, form]);
      for (const place of INNER_PLACES) yield history(place, [undefined, form]);
    }
  }
}

function* renames(): Generator<History> {
  for (const kind of KINDS) {
    for (const presence of PRESENCES) {
      yield history("event", [
        { kind, presence },
        { kind, presence, name: "g", was: ["f"] },
      ]);
      yield history("message", [
        { kind, presence },
        { kind, presence, name: "g" },
      ]);
    }
  }
  const text = kindOf("text");
  const [f, g] = [
    { kind: text, presence: "optional" } as const,
    { kind: text, presence: "optional", name: "g", was: ["f"] } as const,
  ];
  yield history("event", [f, g, f]);
  yield history("event", [f, g, { ...f, was: ["g"] }]);
  yield history("event", [f, undefined, g]);
  yield history("event", [f, { ...g, was: ["nothing"] }]);
  yield history("event", [f, g, { ...f, name: "h", was: ["g"] }]);
  yield history("event", [f, g, { ...f, name: "h", was: ["g", "f"] }]);
}

/** Several releases: what one version made of a field, all later ones must still know. */
function* longer(): Generator<History> {
  for (const label of ["text", "int", "red|green", "text[]", "{a}"]) {
    const kind = kindOf(label);
    const forms = [undefined, ...presences(kind)];
    for (const one of forms)
      for (const two of forms)
        for (const three of forms) {
          if (one !== two && two !== three) yield history("event", [one, two, three]);
        }
  }
  const text = kindOf("text");
  const [given, other] = ['"x"', '"y"'].map(
    (t): Form => ({ kind: text, presence: "required", given: [t, JSON.parse(t)] }),
  );
  for (const middle of [undefined, ...presences(text)]) {
    yield history("event", [undefined, given, middle, given]);
    yield history("event", [undefined, given, middle, other]);
    yield history("event", [undefined, middle, given, { kind: text, presence: "optional" }]);
  }
}

export function* family(): Generator<History> {
  yield* typeChanges();
  yield* presenceChanges();
  yield* comingAndGoing();
  yield* defaults();
  yield* renames();
  yield* longer();
  yield* members();
  yield* variants();
}
