import type { Target } from "../../settings/kind.ts";
import { reportSetting, type SettingReader, type SettingsScope } from "./reader.ts";
import { section } from "./section.ts";
import { describe, oneOf } from "./values.ts";

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const AZURE_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/[A-Za-z][A-Za-z0-9_-]{0,126}$/;
/** What a URL's path has without being encoded. */
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;
const LONGEST = 63;
const LONGEST_PATH = 1_024;

function matching(expected: string, example: string, matches: (text: string) => boolean): SettingReader<string> {
  return (value, entry, path, scope) => {
    const found = value.kind === "primitive" ? value.value : undefined;
    if (typeof found === "string" && matches(found)) return found;
    return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
  };
}

const name = matching(
  `at most ${LONGEST} lower-case letters, digits and single hyphens; for an Azure function "app/function"`,
  'service("thumbnails")',
  (text) => (NAME.test(text) || AZURE_NAME.test(text)) && (text.split("/")[0]?.length ?? 0) <= LONGEST,
);

const path = matching(
  `a URL's path of at most ${LONGEST_PATH} characters: it begins with a slash, and has neither query nor fragment`,
  'service("thumbnails", { path: "/events" })',
  (text) => PATH.test(text) && text.length <= LONGEST_PATH,
);

const parts = section(
  { kind: oneOf("service", "lambda", "azure"), name, path, health: path, format: oneOf("json", "protobuf") },
  { required: ["kind", "name"], example: 'service("thumbnails", { path: "/events" })' },
);

/** Where tasks are sent: what `service`, `awsLambda` and `azureFunction` return. */
export const target: SettingReader<Target> = (value, entry, at, scope) => {
  const { kind, name, path, health, format = "json" } = parts(value, entry, at, scope) ?? {};
  if (!kind || !name) return undefined;
  const [app = "", ownFunction] = name.split("/");
  if ((kind === "azure") !== (ownFunction !== undefined)) return reportName(kind, name, entry, at, scope);
  if (kind === "lambda") return { kind, name, format };
  return kind === "azure"
    ? { kind, name: app, path: `/api/${ownFunction}`, format }
    : { kind, name, path: path ?? "/", format, ...(health !== undefined && { health }) };
};

function reportName(
  kind: Target["kind"],
  name: string,
  entry: Parameters<typeof reportSetting>[2],
  at: string,
  scope: SettingsScope,
): undefined {
  const expected = kind === "azure" ? "an app and a function of it" : "a name without a slash";
  const example = kind === "azure" ? 'azureFunction("app/resize")' : 'service("thumbnails")';
  const parameters = { path: `${at}.name`, expected, found: JSON.stringify(name), example };
  return reportSetting("wrong-setting", parameters, entry, scope);
}
