import * as pulumi from "@pulumi/pulumi";
import { type PostgresAddress, postgresAddress } from "./address-values.ts";
import { BadValue, fieldsOf, isBad, matching, type Reader, recordOf, role, setOf } from "./config-values.ts";
import { type Egress, egress } from "./kubernetes/egress.ts";
import { type PodExtras, podExtras } from "./kubernetes/pod-extras.ts";
import { cpu, imageReference, memory } from "./kubernetes/values.ts";
import type { ManifestUseCase } from "./manifest.ts";

/** What turns databases' changes into events in this environment. */
export interface CaptureConfig {
  /** Its role, which may enqueue to the use cases whose changes it takes; with an outbox, to all. Absent: nothing is granted. */
  readonly role: string | undefined;
  /** The sources whose outboxes are relayed. Default none. */
  readonly outboxes: readonly string[];
  readonly image: string | undefined;
  /** Default `250m`. */
  readonly cpu: string;
  /** Default `512Mi`. */
  readonly memory: string;
  /** Where its functions may connect to, and databases that listen at other ports than their URLs say. Default nowhere. */
  readonly egress: readonly Egress[];
  readonly pod: PodExtras;
}

export const CAPTURE_DEFAULTS: Omit<CaptureConfig, "image"> = {
  role: undefined,
  outboxes: [],
  cpu: "250m",
  memory: "512Mi",
  egress: [],
  pod: {},
};

/** What a capture is made of. */
export interface CaptureSettings {
  readonly config: CaptureConfig;
  readonly image: string;
  /** Absent: it comes as nobody. */
  readonly pulsarToken: pulumi.Output<string> | undefined;
  /** Where each source is, which is a secret. */
  readonly sources: Readonly<Record<string, pulumi.Output<string>>>;
  /** The ports that they listen at. */
  readonly ports: readonly number[];
}

const SOURCE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const sourceName = matching(SOURCE, "a source's name: lower-case letters, digits and single hyphens", 63);

export const captureConfig: Reader<Partial<CaptureConfig>> = fieldsOf<CaptureConfig>({
  role,
  outboxes: setOf(sourceName),
  image: imageReference,
  cpu,
  memory,
  egress,
  pod: podExtras,
});

/** Whether a use case takes the changes of a table. */
function takesChanges({ changes }: ManifestUseCase): boolean {
  return changes !== undefined;
}

/** The use cases that a capture enqueues to. */
export function capturedBy(settings: Pick<CaptureConfig, "outboxes">, useCases: readonly ManifestUseCase[]): string[] {
  const captured = settings.outboxes.length > 0 ? useCases : useCases.filter(takesChanges);
  return captured.map(({ name }) => name);
}

/** The variable that tells a process where a source is. */
export function sourceVariable(name: string): string {
  return `FIVEFOLD_SOURCE_${name.toUpperCase().replaceAll("-", "_")}`;
}

const HOW_SOURCES = `pulumi config set --secret --path 'fivefold:sources["billing"]' postgres://user:password@host/database`;

interface Source {
  readonly url: string;
  readonly address: PostgresAddress;
}

const source: Reader<Source> = (value) => {
  const address = postgresAddress(value);
  return isBad(address) ? address : { url: value as string, address };
};

/** Reads where sources are, of which no message may show anything but names. */
function readSources(config: pulumi.Config, problems: string[]): Readonly<Record<string, Source>> | undefined {
  const written = config.get("sources");
  if (written === undefined) return {};
  const read = recordOf(source, namedSource)(parsed(written));
  if (!isBad(read)) return read;
  const place = /^\.[a-z0-9-]{1,63}$/.test(read.at) ? read.at : "";
  problems.push(
    `fivefold:sources${place} ${place === "" ? "must be URLs by the names of sources" : read.problem}: ${HOW_SOURCES}`,
  );
  return undefined;
}

/** A name that is no source's may be a URL that stands in the wrong place. */
const namedSource: Reader<string> = (value) => {
  const name = sourceName(value);
  return isBad(name) ? new BadValue("is no source's name") : name;
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What else of a stack's config says something of it. */
interface StackSettings {
  readonly capture: Partial<CaptureConfig> | undefined;
  readonly image: string | undefined;
  readonly defaults: { readonly pod?: PodExtras };
}

/** Reads what captures. `undefined`: there is nothing to capture, or it can't be used. */
export function readCapture(
  config: pulumi.Config,
  settings: StackSettings,
  useCases: readonly ManifestUseCase[],
  comesWithToken: boolean,
  problems: string[],
): CaptureSettings | undefined {
  const sources = readSources(config, problems);
  const capture = { ...CAPTURE_DEFAULTS, pod: settings.defaults.pod ?? {}, ...settings.capture };
  const { outboxes } = capture;
  const asked = new Map(outboxes.map((name) => [name, `fivefold:capture.outboxes names '${name}'`]));
  for (const { name, changes } of useCases) {
    if (changes) asked.set(changes.source, `Use case '${name}' takes changes of '${changes.source}'`);
  }
  if (asked.size === 0) {
    if (settings.capture) {
      problems.push(
        "fivefold:capture has nothing to capture: no use case has frontend.changes, and it names no outboxes.",
      );
    }
    return undefined;
  }
  if (sources === undefined) return undefined;
  for (const [name, why] of asked) {
    if (!Object.hasOwn(sources, name))
      problems.push(`${why}, and fivefold:sources does not say where that is: ${HOW_SOURCES}`);
  }
  const unused = Object.keys(sources).filter((name) => !asked.has(name));
  problems.push(
    ...unused.map(
      (name) => `fivefold:sources.${name} is captured by nobody: take it out, or name it in capture.outboxes.`,
    ),
  );
  const image = capture.image ?? settings.image;
  if (image === undefined)
    problems.push("fivefold:capture has no image. Set fivefold:image, or fivefold:capture.image.");
  const pulsarToken = config.getSecret("captureToken");
  if (comesWithToken && !pulsarToken) {
    problems.push(
      "fivefold:captureToken is missing: what captures comes to Pulsar with a token where executors do. " +
        "pulumi config set --secret fivefold:captureToken",
    );
  }
  if (image === undefined) return undefined;
  return {
    config: { ...capture, image },
    image,
    pulsarToken,
    sources: Object.fromEntries(Object.entries(sources).map(([name, { url }]) => [name, pulumi.secret(url)])),
    ports: [...new Set(Object.values(sources).map(({ address }) => address.port))].toSorted((a, b) => a - b),
  };
}
