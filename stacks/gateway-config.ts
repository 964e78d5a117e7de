import * as pulumi from "@pulumi/pulumi";
import { BadValue, bad, duration, fieldsOf, isBad, listOf, type Reader, role, whole } from "./config-values.ts";
import { type Peer, peers } from "./kubernetes/peer.ts";
import { type PodExtras, podExtras } from "./kubernetes/pod-extras.ts";
import { cpu, dnsLabel, imageReference, memory } from "./kubernetes/values.ts";

/** What takes events by HTTP in this environment. */
export interface GatewayConfig {
  /** Who may connect. */
  readonly from: readonly Peer[];
  /** Its role, which may enqueue to all use cases. Absent: no permissions are granted. */
  readonly role: string | undefined;
  readonly image: string | undefined;
  /** Default 2. */
  readonly minReplicas: number;
  /** Default 10. */
  readonly maxReplicas: number;
  /** Percent of `cpu` that replicas use on average, above which another one starts. Default 70. */
  readonly cpuTarget: number;
  /** Default `500m`: a replica takes some ten thousand events a second with it. */
  readonly cpu: string;
  /** Default `512Mi`. */
  readonly memory: string;
  /** Most events a second of a producer for a use case, in each replica. Default: any number. */
  readonly rate: number | undefined;
  /** Longest that requests under way get to be answered. Default 25 s. */
  readonly drainMs: number;
  readonly pod: PodExtras;
}

export interface GatewaySettings {
  readonly config: GatewayConfig;
  readonly image: string;
  /** Absent: it comes as nobody. */
  readonly pulsarToken: pulumi.Output<string> | undefined;
  /** Of producers: what `fivefold new-token` prints of them. */
  readonly tokens: pulumi.Output<string>;
}

export const GATEWAY_DEFAULTS: Omit<GatewayConfig, "from" | "image"> = {
  role: undefined,
  minReplicas: 2,
  maxReplicas: 10,
  cpuTarget: 70,
  cpu: "500m",
  memory: "512Mi",
  rate: undefined,
  drainMs: 25_000,
  pod: {},
};

const LONGEST_DRAIN_MS = 86_400_000;

type Written = Omit<GatewayConfig, "drainMs"> & { readonly drain: number };

const written = fieldsOf<Written>({
  from: peers,
  role,
  image: imageReference,
  minReplicas: whole(1, 1_000),
  maxReplicas: whole(1, 1_000),
  cpuTarget: whole(1, 100),
  cpu,
  memory,
  rate: whole(1, 1_000_000),
  drain: duration(LONGEST_DRAIN_MS),
  pod: podExtras,
});

/** What is set of the gateway's config; the rest is default. */
export const gatewayConfig: Reader<Partial<GatewayConfig>> = (value) => {
  const read = written(value);
  if (isBad(read)) return read;
  const { from = [], minReplicas = GATEWAY_DEFAULTS.minReplicas, maxReplicas = GATEWAY_DEFAULTS.maxReplicas } = read;
  if (from.length === 0) return new BadValue("has no 'from', and so nobody may connect: list who may");
  if (minReplicas > maxReplicas) return new BadValue(`has at least ${minReplicas} replicas and at most ${maxReplicas}`);
  const { drain, ...config } = read;
  return drain === undefined ? config : { ...config, drainMs: drain };
};

/** How tokens are written; the gateway itself reads them with more care. */
const TOKENS = fieldsOf<{ tokens: readonly object[] }>({
  tokens: listOf((entry) =>
    fieldsOf<{ producer: string; useCases: readonly string[]; sha256: string }>({
      producer: dnsLabel,
      useCases: listOf((name) => (typeof name === "string" ? name : bad("the name of a use case, or *", name))),
      sha256: (value) =>
        /^[0-9a-f]{64}$/.test(String(value)) ? String(value) : new BadValue("must be a SHA-256 in hex"),
    })(entry),
  ),
});

const KNOWN_PLACE = /^\.tokens(?:\[\d+\](?:\.(?:producer|useCases|sha256))?)?/;
const MUST_BE = 'must be as in { "tokens": [{ "producer": "billing", "useCases": ["*"], "sha256": "…" }] }';
const HOW_TOKENS = "`fivefold new-token` prints what goes into it: pulumi config set --secret fivefold:gatewayTokens";

/** Reads the gateway's tokens, of which only hashes are told. `undefined`: none are set, or they can't be used. */
function readGatewayTokens(config: pulumi.Config, problems: string[]): pulumi.Output<string> | undefined {
  const text = config.get("gatewayTokens");
  if (text === undefined) return undefined;
  const read = TOKENS(parsed(text));
  if (!isBad(read) && read.tokens !== undefined) return pulumi.secret(JSON.stringify(read));
  // What was found there may be a token.
  const place = isBad(read) ? (KNOWN_PLACE.exec(read.at)?.[0] ?? "") : "";
  problems.push(`fivefold:gatewayTokens${place} ${MUST_BE}. ${HOW_TOKENS}`);
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads what takes events by HTTP. `undefined`: nothing does, or it can't be used. */
export function readGateway(
  config: pulumi.Config,
  settings: {
    readonly gateway: Partial<GatewayConfig> | undefined;
    readonly image: string | undefined;
    readonly defaults: { readonly pod?: PodExtras };
  },
  comesWithToken: boolean,
  problems: string[],
): GatewaySettings | undefined {
  const tokens = readGatewayTokens(config, problems);
  const { gateway, image: ofAll, defaults } = settings;
  if (gateway === undefined) return undefined;
  const missing = (what: string) => problems.push(`fivefold:${what}`);
  const image = gateway.image ?? ofAll;
  const pulsarToken = config.getSecret("gatewayToken");
  if (image === undefined) missing("gateway has no image. Set fivefold:image, or fivefold:gateway.image.");
  if (config.get("gatewayTokens") === undefined) {
    missing(
      "gatewayTokens is missing: nobody could send events to the gateway. `fivefold new-token` prints what goes into it: " +
        "pulumi config set --secret fivefold:gatewayTokens",
    );
  }
  if (comesWithToken && !pulsarToken) {
    missing(
      "gatewayToken is missing: the gateway comes to Pulsar with a token where executors do. " +
        "pulumi config set --secret fivefold:gatewayToken",
    );
  }
  if (image === undefined || tokens === undefined) return undefined;
  const { from = [], pod = defaults.pod ?? {} } = gateway;
  return { config: { ...GATEWAY_DEFAULTS, ...gateway, from, pod, image }, image, pulsarToken, tokens };
}
