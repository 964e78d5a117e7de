import type { Source } from "./sources.ts";
import { ZONES, type Zone } from "./zones.ts";

/** Imports that the table does not allow, and sources that it does not know. */
export function forbiddenImports(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const zone = ZONES.find(({ files }) => files.test(path));
    if (!zone) return [`${path}: no rule says what it may import; add its folder to the table`];
    return imports
      .filter(({ specifier, target }) => !allowed(zone, path, specifier, target))
      .map(({ specifier, target }) => `${path} imports ${target ?? specifier}, which ${zone.name} may not`);
  });
}

function allowed(zone: Zone, path: string, specifier: string, target: string | null): boolean {
  if (target === null) {
    return zone.packages.some((name) =>
      name.endsWith("*") ? specifier.startsWith(name.slice(0, -1)) : specifier === name,
    );
  }
  const own = zone.files.exec(path)?.[1] ?? "";
  return zone.may.some((pattern) => new RegExp(`^${pattern.replace("$1", own)}$`).test(target));
}

/** Imports that lead from a file back to itself, each once, as a path. */
export function importCycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || finished.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) if (target) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return cycles;
}

/** Libraries that a port hides: swapping one must touch one file a port. */
const VENDORS = [
  "@opentelemetry/api",
  "aws4fetch",
  "bullmq",
  "croner",
  "lmdb",
  "pg",
  "pg-logical-replication",
  "pulsar-client",
  "undici",
  "ws",
];

/** Vendor libraries outside the ports, or named by a second file of the same port. */
export function spreadVendors(sources: readonly Source[]): string[] {
  return VENDORS.flatMap((vendor) => {
    const users = sources.filter(
      ({ path, imports }) => !path.startsWith("test/") && imports.some(({ specifier }) => specifier === vendor),
    );
    const ports = Map.groupBy(users, ({ path }) => /^runtime\/(?:adapters\/)?[^/]+\//.exec(path)?.[0] ?? "");
    return Array.from(ports, ([port, files]) => ({ port, names: files.map(({ path }) => path).join(", ") }))
      .filter(({ port, names }) => port === "" || names.includes(", "))
      .map(({ port, names }) =>
        port === ""
          ? `${vendor} is named outside the ports of runtime/: ${names}`
          : `${vendor} is named by more than one file of ${port}: ${names}`,
      );
  });
}

/** Files that no entry reaches. What only tests reach is dead unless it is below test/. */
export function deadFiles(sources: readonly Source[], entries: readonly string[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const reach = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    const { imports = [], mentions = [] } = byPath.get(path) ?? {};
    for (const { target } of imports) if (target) reach(target);
    for (const mention of mentions) {
      const [start = "", end = ""] = mention.split("*");
      const names = (path: string) => path === mention || (end !== "" && path.startsWith(start) && path.endsWith(end));
      for (const { path: named } of sources) if (names(named)) reach(named);
    }
  };
  for (const entry of entries) reach(entry);
  const isTest = (path: string) => path.startsWith("test/");
  const live = new Set(reached);
  for (const { path } of sources) if (/^test\/.*\.test(-d)?\.ts$/.test(path)) reach(path);
  return sources
    .map(({ path }) => path)
    .filter((path) => !(isTest(path) ? reached : live).has(path))
    .map((path) => `${path} is reached from no entry${reached.has(path) ? " but a test" : ""}`);
}
