import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CAPTURE_DEFAULTS } from "../../stacks/capture-config.ts";
import { readConfig } from "../../stacks/config.ts";
import { DEFAULTS, SECRETS } from "../../stacks/config-keys.ts";
import { GATEWAY_DEFAULTS } from "../../stacks/gateway-config.ts";
import { readManifest } from "../../stacks/manifest.ts";
import { USE_CASE_DEFAULTS } from "../../stacks/use-case-config.ts";
import { documentedFile } from "./documented-file.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(resolve(ROOT, "docs/deploy.md"), "utf8");

/** The keys of the tables below some headings, with their defaults. */
function documented(...headings: readonly string[]): ReadonlyMap<string, string> {
  const sections = PAGE.split(/^###? /m).filter((section) =>
    headings.some((heading) => section.startsWith(`${heading}\n`)),
  );
  const rows = sections.flatMap((section) => Array.from(section.matchAll(/^\| `(\w+)` .*\| (.*?) *\|$/gm)));
  return new Map(rows.map(([, key = "", fallback = ""]) => [key, fallback]));
}

describe("docs/deploy.md explains", () => {
  test("every key of a stack's config, and none that there is not", () => {
    const keys = [...documented("Pulsar", "Kubernetes").keys(), "defaults", "useCases"];
    expect(keys.toSorted()).toEqual([...Object.keys(DEFAULTS), ...SECRETS].toSorted());
  });

  test("every key of a use case's config", () => {
    // A target's config says from where it is called back.
    const { drainMs: _1, secretEnv: _2, callbacksFrom: _3, ...others } = USE_CASE_DEFAULTS;
    expect([...documented("Use cases").keys()].toSorted()).toEqual([...Object.keys(others), "drain"].toSorted());
  });

  test("every key of the gateway's config, with its default", () => {
    const keys = documented("The gateway");
    const { drainMs, ...others } = GATEWAY_DEFAULTS;
    expect([...keys.keys()].toSorted()).toEqual([...Object.keys(others), "drain", "from", "image"].toSorted());
    for (const key of ["minReplicas", "maxReplicas", "cpuTarget", "cpu", "memory"] as const) {
      expect(keys.get(key)?.replaceAll("`", "")).toBe(String(others[key]));
    }
    expect(keys.get("drain")).toBe(`\`${drainMs / 1_000}s\``);
  });

  test("every key of the capture's config, with its default", () => {
    const keys = documented("The capture");
    expect([...keys.keys()].toSorted()).toEqual([...Object.keys(CAPTURE_DEFAULTS), "image"].toSorted());
    for (const key of ["cpu", "memory"] as const) expect(keys.get(key)).toBe(`\`${CAPTURE_DEFAULTS[key]}\``);
  });

  test("defaults as they are", () => {
    const tables = [...documented("Pulsar", "Kubernetes"), ...documented("Use cases")];
    const defaults: Readonly<Record<string, unknown>> = { ...DEFAULTS, ...USE_CASE_DEFAULTS, image: "" };
    const plain = tables.filter(([, fallback]) => /^(`(true|false|\d+Mi|100m|monitoring)`|\d+)$/.test(fallback));
    expect(plain.length).toBeGreaterThan(9);
    for (const [key, fallback] of plain)
      expect(`${key}: ${defaults[key]}`).toBe(`${key}: ${fallback.replaceAll("`", "")}`);
    expect(new Map(tables).get("rolloutWithin")).toBe(`\`${DEFAULTS.rolloutWithin / 60_000}m\``);
    for (const key of ["retention", "delayHorizon"]) {
      const days = /^`(\d+)d`$/.exec(new Map(tables).get(key) ?? "")?.[1];
      expect(Number(days) * 86_400_000).toBe(defaults[key]);
    }
  });

  test("a stack's config that can be used", () => {
    const { config } = parse(documentedFile("stacks/Pulumi.production-eu.yaml")) as { config: Record<string, unknown> };
    const written = Object.entries(config).map(([key, value]) => [key, handed(key, value)] as const);
    const secretKeys = Object.keys(config).filter((key) => Object.hasOwn(Object(config[key]), "secure"));
    pulumi.runtime.setAllConfig({ ...Object.fromEntries(written), "fivefold:image": "shop:1" }, secretKeys);
    const read = readConfig(readManifest(ROOT));
    expect(read.kubernetes?.namespace).toBe("shop");
    expect(read.useCase("place-order")).toMatchObject({ maxReplicas: 40, partitions: 4 });
  });
});

/** As Pulumi hands a value to a program. */
function handed(key: string, value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if (!("secure" in value)) return JSON.stringify(value);
  if (key === "fivefold:postgresUrl") return "postgres://shop:word@db/shop";
  return key === "fivefold:pulsarTokens" ? '{"*": "secret"}' : "secret";
}
