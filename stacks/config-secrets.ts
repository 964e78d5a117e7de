import * as pulumi from "@pulumi/pulumi";
import { type PostgresAddress, postgresAddress, token } from "./address-values.ts";
import { BadValue, isBad, type Reader, recordOf } from "./config-values.ts";
import { envName, envValue } from "./kubernetes/values.ts";

/*
 * Secrets of a stack's config. What is told of them must not tell any of them.
 */

/** Tokens of Pulsar by use case; `*` is for those that are not named. */
export type Tokens = Readonly<Record<string, pulumi.Output<string>>>;
type Variables = Readonly<Record<string, pulumi.Output<string>>>;
/** Handlers' secret variables by use case; `*` is for all. */
export type SecretEnv = Readonly<Record<string, Variables>>;

export interface NamedUseCases {
  readonly all: readonly string[];
  /** Those that have an executor. */
  readonly running: readonly string[];
}

const HOW_TOKENS = `pulumi config set --secret --path 'fivefold:pulsarTokens["*"]'`;

/** Reads executors' tokens. */
export function readTokens(config: pulumi.Config, names: NamedUseCases, problems: string[]): Tokens | undefined {
  const what = "tokens by the names of use cases, '*' for all others";
  const tokens = readByUseCase(config, "pulsarTokens", token, { what, how: HOW_TOKENS }, names, problems);
  if (tokens === undefined) return undefined;
  const without = Object.hasOwn(tokens, "*") ? [] : names.running.filter((name) => !Object.hasOwn(tokens, name));
  if (without.length > 0) {
    problems.push(
      `fivefold:pulsarTokens has no token for ${without.join(", ")}, and none for all others, '*': ${HOW_TOKENS}`,
    );
  }
  return Object.fromEntries(Object.entries(tokens).map(([name, one]) => [name, pulumi.secret(one)]));
}

/** The entry of a use case, else the one for all others. */
export function ofUseCase<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  if (entries === undefined) return undefined;
  return Object.hasOwn(entries, name) ? entries[name] : entries["*"];
}

const secretValue: Reader<string> = (value) => {
  if (!isBad(envValue(value))) return value as string;
  return new BadValue("must be a text that a variable can hold; numbers and flags are written in quotes");
};

/** Reads handlers' secret variables. */
export function readSecretEnv(config: pulumi.Config, names: NamedUseCases, problems: string[]): SecretEnv {
  const what = "variables by the names of use cases, '*' for all";
  const how = `pulumi config set --secret --path 'fivefold:secretEnv["*"].NAME'`;
  const variables = recordOf(secretValue, envName);
  const read = readByUseCase(config, "secretEnv", variables, { what, how }, names, problems) ?? {};
  const secret = (of: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, pulumi.secret(value)]));
  return Object.fromEntries(Object.entries(read).map(([useCase, of]) => [useCase, secret(of)]));
}

/** A use case's own variables, over those of all. */
export function secretEnvOf(secrets: SecretEnv, name: string): Variables {
  return { ...secrets["*"], ...(Object.hasOwn(secrets, name) ? secrets[name] : {}) };
}

interface Explanation {
  readonly what: string;
  /** The command that sets it. */
  readonly how: string;
}

function readByUseCase<T>(
  config: pulumi.Config,
  key: string,
  item: Reader<T>,
  { what, how }: Explanation,
  { all }: NamedUseCases,
  problems: string[],
): Readonly<Record<string, T>> | undefined {
  const written = config.get(key);
  if (written === undefined) return undefined;
  const parsed = parsedJson(written);
  const isNamed = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  const read = isNamed ? recordOf(item)(parsed) : undefined;
  if (read === undefined) {
    problems.push(`fivefold:${key} must be ${what}: ${how}`);
    return undefined;
  }
  if (isBad(read)) {
    problems.push(`fivefold:${key}${read.at} ${read.problem}. It must be ${what}: ${how}`);
    return undefined;
  }
  const unknown = Object.keys(read).filter((name) => name !== "*" && !all.includes(name));
  problems.push(...unknown.map((name) => `fivefold:${key}.${name} is for no use case; there are ${all.join(", ")}.`));
  return read;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads where PostgreSQL is, which a secret says. */
export function readPostgres(config: pulumi.Config, problems: string[]): PostgresAddress | undefined {
  const written = config.get("postgresUrl");
  if (written === undefined) return undefined;
  const address = postgresAddress(written);
  if (!isBad(address)) return address;
  problems.push(`fivefold:postgresUrl ${address.problem}. pulumi config set --secret fivefold:postgresUrl`);
  return undefined;
}

/** Whether a token of one process can be one. */
export function checkToken(
  config: pulumi.Config,
  key: "metricsToken" | "gatewayToken" | "captureToken" | "pulsarAdminToken",
  problems: string[],
): void {
  const written = config.get(key);
  const read = written === undefined ? "" : token(written);
  if (isBad(read)) problems.push(`fivefold:${key} ${read.problem} pulumi config set --secret fivefold:${key}`);
}
