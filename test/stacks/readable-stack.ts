import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { isSecret, type RecordedResource } from "./recorded-program.ts";

/** Files by name: one for each use case with all that it has, on Pulsar and Kubernetes, and one for what they share. */
export function readableStack(resources: readonly RecordedResource[]): ReadonlyMap<string, string> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const files = Map.groupBy(resources, (resource) => fileOf(resource, byUrn));
  const texts = new Map<string, string>();
  for (const [file, own] of files) texts.set(file, own.map((resource) => readable(resource, byUrn)).join("\n"));
  for (const { inputs } of resources) {
    const dashboard = (inputs.data as Record<string, string> | undefined)?.["fivefold.json"];
    if (dashboard) texts.set(DASHBOARD, `${JSON.stringify(JSON.parse(dashboard), null, 2)}\n`);
  }
  return texts;
}

type ByUrn = ReadonlyMap<string, RecordedResource>;

const DASHBOARD = "dashboard.json";

function fileOf(resource: RecordedResource, byUrn: ByUrn): string {
  const component = byUrn.get(resource.parent ?? "") ?? resource;
  return /:(UseCase|Executor)$/.test(component.type) ? `${component.name}.yaml` : "shared.yaml";
}

function readable({ type, name, parent, dependencies, inputs, custom }: RecordedResource, byUrn: ByUrn): string {
  const nameOf = (urn: string) => {
    const found = byUrn.get(urn);
    return found ? `${found.type} ${found.name}` : urn;
  };
  const lines = [
    `# ${type} ${name}`,
    ...(parent === undefined ? [] : [`#   part of ${nameOf(parent)}`]),
    ...ordered(dependencies.map(nameOf)).map((other) => `#   after ${other}`),
  ];
  const text = custom
    ? stringify(shown(inputs), { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false })
    : "";
  return `---\n${lines.join("\n")}\n${text}`;
}

/** The guard comes after everything: a list of it all would say less. */
function ordered(names: readonly string[]): string[] {
  return names.length > 20 ? [`all ${names.length} others`] : names.toSorted();
}

function shown(value: unknown, key = ""): unknown {
  if (isSecret(value)) return "<secret>";
  if (key === "fivefold.json") return `<${DASHBOARD}>`;
  if (key === "definition") return withoutDescriptors(String(value));
  if (Array.isArray(value)) return value.map((item) => shown(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shown(part, name)]));
}

/** The contract is beside the use case, in a form that people read. */
function withoutDescriptors(definition: string): unknown {
  const { fileDescriptorSet, ...names } = JSON.parse(definition) as Record<string, string>;
  const hash = createHash("sha256").update(fileDescriptorSet ?? "");
  return { ...names, fileDescriptorSet: `<sha256 ${hash.digest("hex").slice(0, 16)}>` };
}
