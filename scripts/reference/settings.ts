import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ts } from "ts-morph";
import { rangeText, valueText } from "../../compiler/settings/kind.ts";
import { GROUPS, LAYERS, layerOf, nameOf, type SettingPath } from "../../compiler/settings/path.ts";
import type { AnySetting } from "../../compiler/settings/setting.ts";
import { ALL_SETTINGS } from "../../compiler/settings/values.ts";

const ROOT = join(import.meta.dirname, "../..");
const AUTHORING = join(ROOT, "runtime/authoring/use-case.ts");

/** `docs/settings.md`: every setting of a use case, with its values, its default, and the sentence that editors show. */
export function settingsPage(): string {
  const sentences = readSentences();
  const layers = LAYERS.map((layer) => {
    const settings = ALL_SETTINGS.filter(([path]) => layerOf(path) === layer);
    return [
      `## \`${layer}\``,
      "",
      "| setting | values | default | what it is for |",
      "| --- | --- | --- | --- |",
      ...settings.map(([path, setting]) => rowOf(path, setting, sentences)),
      "",
    ].join("\n");
  });
  return `# Settings

All settings of a use case, by layer. None is required: a use case needs \`owner\` and a \`handler\` (or a \`batchHandler\`, a target, \`subscribers\`).
Values are constants, which the compiler works out without running the module; \`fivefold diff\` tells what a change of
one asks for.

${layers.join("\n")}
The settings of \`delivery\`, and \`execution.timeout\`, can be set for each of several subscribers
(\`subscribers: { audit: { retry: { max: 3 }, handler } }\`); what a subscriber does not set is as the use case has it.
\`execution.batch\` is set of each by itself, as \`batch\`: see [handlers](handlers.md#several-events-at-once).

What differs between environments (addresses, sizes, secrets) is no setting of a use case: see [deploy](deploy.md).

This page is written by \`npm run reference\`.
`;
}

function rowOf(path: SettingPath, setting: AnySetting, sentences: ReadonlyMap<string, Sentence>): string {
  const sentence = sentences.get(path);
  if (!sentence) throw new Error(`${path} has no comment in ${AUTHORING}`);
  const needs = setting.needs === undefined ? "" : ` Needs \`${setting.needs}\`.`;
  const cells = [
    `\`${path.slice(path.indexOf(".") + 1)}\``,
    rangeText(setting.kind),
    sentence.default || defaultText(setting),
    `${sentence.text}${needs}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultText({ kind, default: value, none }: AnySetting): string {
  return value === null || none !== undefined ? (none ?? "none") : valueText(kind, value);
}

/** What the comment of a setting says, and, apart, what it says of the default. */
interface Sentence {
  readonly text: string;
  readonly default: string;
}

/** The comments of the authoring types, by the paths of the settings. */
function readSentences(): ReadonlyMap<string, Sentence> {
  const source = ts.createSourceFile(AUTHORING, readFileSync(AUTHORING, "utf8"), ts.ScriptTarget.Latest, true);
  const byName = new Map<string, Sentence>();
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue;
    const group = PATHS_BY_INTERFACE[statement.name.text];
    for (const member of group === undefined ? [] : statement.members) {
      const name = member.name?.getText(source) ?? "";
      const [comment] = ts.getJSDocCommentsAndTags(member);
      const text = comment && ts.isJSDoc(comment) ? (ts.getTextOfJSDocComment(comment.comment) ?? "") : "";
      byName.set(`${group}.${name}`, split(text.replaceAll(/\s+/g, " ").trim()));
    }
  }
  return byName;
}

/** Where the settings stand that an interface declares: `FlowControlLayer`, `Retry`. */
const PATHS_BY_INTERFACE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(LAYERS.map((layer) => [`${layer[0]!.toUpperCase()}${layer.slice(1)}Layer`, layer])),
  ...Object.fromEntries(Object.entries(GROUPS).map(([path, { declaredBy }]) => [declaredBy, path])),
  TryLimits: "execution",
};

function split(text: string): Sentence {
  const found = /\bDefault:? (.*?)(?:, (at most .*?))?\.(?: |$)/.exec(text);
  if (!found) return { text, default: "" };
  const rest = text.replace(found[0], "").trim();
  return { text: rest, default: found[1] ?? "" };
}

/** Settings whose comment and description name different defaults. */
export function differingDefaults(): string[] {
  const sentences = readSentences();
  return ALL_SETTINGS.flatMap(([path, setting]) => {
    const { kind, default: value } = setting;
    if (value === null || value === 0 || value === false || kind.is === "backoff") return [];
    const said = sentences.get(path)?.default.replaceAll(/[`"]/g, "") ?? "";
    const is = valueText(kind, value);
    return said === is ? [] : [`${nameOf(path)}: the comment says ${said}, the description ${is}`];
  });
}
