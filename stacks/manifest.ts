import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the compiler writes down of a use case, as far as provisioning needs it. */
export interface ManifestUseCase {
  readonly name: string;
  /** The module, relative to the project's root. */
  readonly file: string;
  readonly doc: string;
  readonly owner: string;
  readonly event: {
    readonly name: string;
    readonly version: number;
    /** A .proto file, relative to the project's root. */
    readonly contract: string;
  };
  /** The events' topic first, then one for the dead letters of each subscriber. */
  readonly topics: readonly ManifestTopic[];
  /** The table whose changes it takes. Absent: none. */
  readonly changes?: { readonly source: string };
  /** What is asked of its executor. */
  readonly execution: {
    /** Null: the stack's config says. */
    readonly minProcesses: number | null;
    readonly maxProcesses: number | null;
    /** For 99 of 100 tasks; 0: none. */
    readonly latencyObjectiveMs: number;
  };
  readonly settings: {
    readonly maxDelayMs: number;
    readonly ordered: boolean;
    /** Absent in manifests of before: false. */
    readonly fair?: boolean;
    readonly subscribers: readonly ManifestSubscriber[];
  };
}

export interface ManifestTopic {
  readonly name: string;
  readonly ordered: boolean;
  /** Its consumers take turns over tenants, and so its partitions are chosen by tenant. Absent: false. */
  readonly fair?: boolean;
  readonly subscriptions: readonly string[];
}

export interface ManifestSubscriber {
  readonly name: string;
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  /** Where its tasks are sent. Null, or absent in manifests of before: nowhere. */
  readonly target?: ManifestTarget | null;
}

export interface ManifestTarget {
  readonly kind: "service" | "lambda" | "azure";
  readonly name: string;
}

const VERSION = 1;

/** Reads `generated/manifest.json` of a project. */
export function readManifest(root: string): readonly ManifestUseCase[] {
  const path = join(root, "generated", "manifest.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`${path} can't be read: run \`fivefold build\`, and commit generated/.`, { cause });
  }
  const manifest = JSON.parse(text) as { manifestVersion: number; useCases: readonly ManifestUseCase[] };
  if (manifest.manifestVersion !== VERSION) {
    throw new Error(
      `${path} has version ${manifest.manifestVersion}, and this package reads ${VERSION}: build the project and run the ` +
        "stack with the same version of fivefold.",
    );
  }
  return manifest.useCases;
}
