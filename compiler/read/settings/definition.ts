import type { ts } from "ts-morph";
import type { Span } from "../../diagnostics/diagnostics.ts";
import type { Event } from "../../model/model.ts";
import { GROUPS, LAYERS, type SettingPath } from "../../settings/path.ts";
import { ALL_SETTINGS } from "../../settings/values.ts";
import { isFault } from "../constants/constant.ts";
import type { Evaluate } from "../constants/evaluate.ts";
import type { Reading } from "../reading.ts";
import { checkHandlers } from "./handlers.ts";
import { readerOf } from "./kinds.ts";
import { constantOf, type SettingsScope } from "./reader.ts";
import { named, type Readers, readSettings, section } from "./section.ts";
import { functionValue, text } from "./values.ts";

/* What is passed to `useCase`, as runtime/authoring/use-case.ts declares it: the settings of the layers, and what holds them. */

const EXAMPLES: Readonly<Record<string, { readonly example: string }>> = GROUPS;

/** The readers of what stands directly below a path. */
function readersBelow(path: string, settings: readonly SettingPath[]): Readers {
  const inside = settings.filter((setting) => setting.startsWith(`${path}.`));
  const names = new Set(inside.map((setting) => setting.slice(path.length + 1).split(".")[0]!));
  return Object.fromEntries(
    Array.from(names, (name) => {
      const own = `${path}.${name}`;
      const setting = ALL_SETTINGS.find(([setting]) => setting === own)?.[1];
      return [name, setting ? readerOf(setting.kind) : section(readersBelow(own, inside), EXAMPLES[own])];
    }),
  );
}

const PATHS = ALL_SETTINGS.map(([path]) => path);
const OF_SUBSCRIBERS = ALL_SETTINGS.filter(([, { each }]) => each === "subscriber").map(([path]) => path);

const READERS: Readers = Object.fromEntries(LAYERS.map((layer) => [layer, section(readersBelow(layer, PATHS))]));

const SUBSCRIBER: Readers = {
  ...Object.assign({}, ...LAYERS.map((layer) => readersBelow(layer, OF_SUBSCRIBERS))),
  handler: functionValue,
  batchHandler: functionValue,
};

const DEFINITION = {
  owner: text,
  ...READERS,
  handler: functionValue,
  batchHandler: functionValue,
  subscribers: named(section(SUBSCRIBER)),
};

/** What was written: settings by name, those of a layer or group in an object of their own. */
export type Written = Readonly<Record<string, unknown>>;

export interface Definition {
  readonly owner: string;
  readonly written: Written;
  /** Absent: there is one `handler`. */
  readonly subscribers: ReadonlyMap<string, Written> | undefined;
  /** Where each setting stands, by dotted path. */
  readonly spans: Readonly<Record<string, Span>>;
}

/** Reads what is passed to `useCase`. `undefined`: that is no constant object, which has been reported. */
export function readDefinition(
  reading: Reading,
  call: ts.CallExpression,
  event: Event | undefined,
  evaluate: Evaluate,
): Definition | undefined {
  const callee = reading.span(call.expression);
  const [argument] = call.arguments;
  if (!argument) {
    reading.report("missing-setting", callee, OWNER);
    return undefined;
  }
  const spans: Record<string, Span> = {};
  const scope: SettingsScope = { ...reading, event, callee, homeOf, spans };
  const entry = { name: call.expression, expression: argument, value: () => evaluate(argument) };
  const value = constantOf(entry, "definition", scope);
  if (!value) return undefined;
  if (value.kind !== "object") {
    const found = isFault(value) ? "no constant" : `a ${value.kind}`;
    const example = 'useCase<Event>({ owner: "team", handler })';
    scope.report("wrong-setting", reading.span(argument), {
      path: "definition",
      expected: "an object",
      found,
      example,
    });
    return undefined;
  }
  const settings = readSettings(value.entries, "", DEFINITION, scope);
  // What is there but at fault has been reported already.
  if (!value.entries.has("owner")) scope.report("missing-setting", callee, OWNER);
  checkHandlers(settings.subscribers, scope);
  return { owner: settings.owner ?? "", written: settings, subscribers: settings.subscribers, spans };
}

const OWNER = { name: "owner", inside: "A use case", example: 'owner: "team-name"' };

/** Where a setting of that name belongs, by path. */
function homeOf(name: string): string | undefined {
  for (const path of PATHS) {
    const parts = path.split(".");
    const at = parts.indexOf(name, 1);
    if (at > 0) return parts.slice(0, at).join(".");
  }
  return undefined;
}
