import { isIP, isIPv6 } from "node:net";
import { httpUrls, splitUrls } from "./address-values.ts";
import { bad, fieldsOf, isBad, listOf, matching, type Reader, recordOf, whole } from "./config-values.ts";
import type { Egress } from "./kubernetes/egress.ts";
import { type Peer, peers } from "./kubernetes/peer.ts";
import { labelKey, labelValue } from "./kubernetes/values.ts";
import type { ManifestTarget, ManifestUseCase } from "./manifest.ts";
import type { UseCaseConfig } from "./use-case-config.ts";

/** Where a target of use cases is, in one environment. */
export interface TargetConfig {
  /** Of a service or a function app; several of a service's hosts are separated by commas. */
  readonly url: string;
  /** The ports of its pods, where a Service of the cluster has others. Default: that of `url`. */
  readonly podPorts: readonly number[];
  /** Labels of its pods, in the namespace that `url` names. Default: all pods there. */
  readonly pods: Readonly<Record<string, string>>;
  /** Name or ARN of an AWS Lambda function. Default: the target's name. */
  readonly function: string;
  /** Who tells what became of tasks that it answered by 202. Default: nobody may. */
  readonly callbacksFrom: readonly Peer[];
  /** AWS's region. Default: that of the ARN. */
  readonly region: string;
}

/** What answers there gives credentials away: workers refuse it as well. */
const LINK_LOCAL = /^(169\.254\.|\[fe[89ab]|\[::ffff:a9fe:)/;

const url: Reader<string> = (value) => {
  const read = httpUrls(value);
  if (isBad(read)) return read;
  const wrong = splitUrls(read).find((one) => LINK_LOCAL.test(new URL(one).hostname));
  return wrong === undefined ? read : bad("no link-local address, where clouds keep their metadata", wrong);
};

export const targetConfig: Reader<Partial<TargetConfig>> = fieldsOf<TargetConfig>({
  url,
  podPorts: listOf(whole(1, 65_535)),
  pods: recordOf(labelValue, labelKey),
  callbacksFrom: peers,
  function: matching(/^[A-Za-z0-9_:-]{1,170}$/, "a function's name or ARN"),
  region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "a region like eu-west-1"),
});

/** What a stack's config says of all targets. */
export interface TargetSettings {
  readonly targets: Readonly<Record<string, Partial<TargetConfig>>>;
  /** Private networks that targets may be in. */
  readonly targetNetworks: readonly string[];
}

const capitals = (name: string) => name.toUpperCase().replaceAll("-", "_");

function targetsOf(useCase: ManifestUseCase | undefined): readonly ManifestTarget[] {
  return (useCase?.settings.subscribers ?? []).flatMap(({ target }) => target ?? []);
}

const configOf = ({ targets }: TargetSettings, name: string): Partial<TargetConfig> =>
  Object.hasOwn(targets, name) ? targets[name]! : {};

/** A use case's config with what its executor must know of its targets, and the way to them, and to nothing else. */
export function withTargets(
  config: UseCaseConfig,
  useCase: ManifestUseCase | undefined,
  settings: TargetSettings,
): UseCaseConfig {
  const targets = targetsOf(useCase);
  if (targets.length === 0) return config;
  const env = targets.map((target) => variablesOf(target, configOf(settings, target.name)));
  const networks =
    settings.targetNetworks.length === 0 ? {} : { FIVEFOLD_SERVICE_NETWORKS: settings.targetNetworks.join() };
  const ways = targets.flatMap((target) => waysTo(target, configOf(settings, target.name)));
  const egress = [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()];
  const callbacksFrom = targets.flatMap(({ name }) => configOf(settings, name).callbacksFrom ?? []);
  return {
    ...config,
    env: Object.assign(networks, ...env, config.env),
    egress: [...egress, ...config.egress],
    callbacksFrom,
  };
}

function variablesOf({ kind, name }: ManifestTarget, config: Partial<TargetConfig>): Record<string, string> {
  const own = capitals(name);
  if (kind !== "lambda") return { [`FIVEFOLD_${kind === "azure" ? "AZURE" : "SERVICE"}_${own}`]: config.url ?? "" };
  return {
    ...(config.function !== undefined && { [`FIVEFOLD_LAMBDA_${own}`]: config.function }),
    ...(config.region !== undefined && { AWS_REGION: config.region }),
  };
}

const HTTPS = 443;

function waysTo({ kind }: ManifestTarget, { url, pods, podPorts }: Partial<TargetConfig>): Egress[] {
  // Lambda's API, and the one that gives credentials for a web identity.
  if (kind === "lambda") return anywhere([HTTPS]);
  return splitUrls(url ?? "")
    .filter((one) => one !== "")
    .flatMap((one) => {
      const { protocol, hostname, port } = new URL(one);
      const ports = podPorts ?? [port === "" ? (protocol === "https:" ? HTTPS : 80) : Number(port)];
      const namespace = namespaceOf(hostname);
      const address = hostname.replace(/^\[(.*)\]$/, "$1");
      if (namespace !== undefined) return [{ namespace, ...(pods && { pods }), ports }];
      if (isIP(address)) return [{ cidr: `${address}/${isIPv6(address) ? 128 : 32}`, ports }];
      // A policy knows no names: of what is outside of the cluster it can tell the port alone.
      return anywhere(ports);
    });
}

function anywhere(ports: readonly number[]): Egress[] {
  return ["0.0.0.0/0", "::/0"].map((cidr) => ({ cidr, ports }));
}

/** The Kubernetes namespace of a Service. */
function namespaceOf(hostname: string): string | undefined {
  return /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname)?.[1];
}

/** What keeps a use case's executor from knowing its targets, which it would refuse to start for. */
export function targetProblems(
  useCase: ManifestUseCase,
  { secretEnv, envSecrets, env }: UseCaseConfig,
  settings: TargetSettings,
): string[] {
  const has = (name: string) => envSecrets.length > 0 || Object.hasOwn(secretEnv, name) || Object.hasOwn(env, name);
  return targetsOf(useCase).flatMap(({ kind, name }) => {
    const sends = `Use case '${useCase.name}' sends tasks to ${WHAT[kind]} '${name}'`;
    const { url, region, function: ownFunction = "", callbacksFrom = [] } = configOf(settings, name);
    const problems: string[] = [];
    if (kind === "lambda") {
      if (callbacksFrom.length > 0) {
        problems.push(
          `${sends}, which can't call back: nothing signs for it. Take out fivefold:targets.${name}.callbacksFrom.`,
        );
      }
      if (region === undefined && !ownFunction.startsWith("arn:") && !has("AWS_REGION")) {
        problems.push(`${sends}, and nothing says in which region it is. Set fivefold:targets.${name}.region.`);
      }
      return problems;
    }
    if (kind === "azure" && callbacksFrom.length > 0 && !has(`FIVEFOLD_SIGNING_SECRET_${capitals(name)}`)) {
      problems.push(
        `${sends}, which may call back, and callbacks are known by FIVEFOLD_SIGNING_SECRET_${capitals(name)}. ` +
          `pulumi config set --secret --path 'fivefold:secretEnv["${useCase.name}"].FIVEFOLD_SIGNING_SECRET_${capitals(name)}'`,
      );
    }
    if (url === undefined) problems.push(`${sends}, and nothing says where it is. Set fivefold:targets.${name}.url.`);
    const secret = `FIVEFOLD_${kind === "azure" ? "AZURE_KEY" : "SIGNING_SECRET"}_${capitals(name)}`;
    if (!has(secret)) {
      problems.push(
        `${sends}, which would refuse them: it knows them by ${secret}. ` +
          `pulumi config set --secret --path 'fivefold:secretEnv["${useCase.name}"].${secret}'`,
      );
    }
    const inCluster = splitUrls(url ?? "").find((one) => URL.canParse(one) && namespaceOf(new URL(one).hostname));
    if (inCluster !== undefined && settings.targetNetworks.length === 0) {
      problems.push(
        `${sends} at ${inCluster}, which has a private address, and workers send nothing there unless they are told so. Set ` +
          "fivefold:targetNetworks to the networks of the cluster's Services and pods.",
      );
    }
    return problems;
  });
}

const WHAT = { service: "the service", azure: "the Azure function app", lambda: "the AWS Lambda function" };

/** Targets in the config that no use case has. */
export function unknownTargets({ targets }: TargetSettings, useCases: readonly ManifestUseCase[]): string[] {
  const known = new Set(useCases.flatMap((useCase) => targetsOf(useCase).map(({ name }) => name)));
  return Object.keys(targets)
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `fivefold:targets.${name} is no target of a use case; there are ${[...known].toSorted().join(", ") || "none"}.`,
    );
}
