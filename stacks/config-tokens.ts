import * as pulumi from "@pulumi/pulumi";
import { isBad, recordOf, text } from "./config-values.ts";

/** Tokens of Pulsar by use case; `*` is for those that are not named. */
export type Tokens = Readonly<Record<string, pulumi.Output<string>>>;

const KEY = "fivefold:pulsarTokens";
const HOW = `pulumi config set --secret --path '${KEY}["*"]'`;

export interface NamedUseCases {
  readonly all: readonly string[];
  /** Those that have an executor. */
  readonly running: readonly string[];
}

/** Reads executors' tokens. What is told of them must not tell any of them. */
export function readTokens(
  config: pulumi.Config,
  { all, running }: NamedUseCases,
  problems: string[],
): Tokens | undefined {
  const written = config.get("pulsarTokens");
  if (written === undefined) return undefined;
  const tokens = tokensOf(written);
  if (tokens === undefined) {
    problems.push(`${KEY} must be tokens by the names of use cases, '*' for all others: ${HOW}`);
    return undefined;
  }
  const unknown = Object.keys(tokens).filter((name) => name !== "*" && !all.includes(name));
  problems.push(...unknown.map((name) => `${KEY}.${name} is for no use case; there are ${all.join(", ")}.`));
  const without = tokens["*"] === undefined ? running.filter((name) => tokens[name] === undefined) : [];
  if (without.length > 0) {
    problems.push(`${KEY} has no token for ${without.join(", ")}, and none for all others, '*': ${HOW}`);
  }
  return Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, pulumi.secret(token)]));
}

function tokensOf(written: string): Readonly<Record<string, string>> | undefined {
  try {
    const tokens = recordOf(text)(JSON.parse(written));
    return isBad(tokens) ? undefined : tokens;
  } catch {
    return undefined;
  }
}
