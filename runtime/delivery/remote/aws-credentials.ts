import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import type { Environment } from "./target-environment.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Credentials as AWS's own tools find them. Rejects with a FivefoldError where there are none. */
export type FindAwsCredentials = () => Promise<AwsCredentials>;

/** Before they expire, others are fetched. */
const RENEW_BEFORE_MS = 300_000;
/** For those that say nothing of their end: a file may change. */
const READ_AGAIN_MS = 60_000;
const SOONEST_AGAIN_MS = 1_000;
const STS_WITHIN_MS = 10_000;
const SESSION_NAME = "fivefold";

interface Found {
  readonly credentials: AwsCredentials;
  /** In ms since the Unix epoch. */
  readonly goodUntil: number;
}

/**
 * Finds credentials in the environment (AWS_ACCESS_KEY_ID), by web identity (AWS_WEB_IDENTITY_TOKEN_FILE, which a service
 * account of EKS has), or in a profile's keys; keeps them while they are good.
 */
export function createAwsCredentials(environment: Environment, region: string, clock: Clock): FindAwsCredentials {
  let finding: Promise<Found> | undefined;
  let goodUntil = 0;
  return async () => {
    if (!finding || clock.now() >= goodUntil) {
      const started = find(environment, region, clock);
      finding = started;
      // Whoever asks meanwhile waits for the same.
      goodUntil = Number.POSITIVE_INFINITY;
      started.then(
        (found) => {
          goodUntil = found.goodUntil;
        },
        () => {
          finding = undefined;
        },
      );
    }
    return (await finding).credentials;
  };
}

async function find(environment: Environment, region: string, clock: Clock): Promise<Found> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return {
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        sessionToken: AWS_SESSION_TOKEN,
      },
      goodUntil: Number.POSITIVE_INFINITY,
    };
  }
  const { AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN } = environment;
  if (AWS_WEB_IDENTITY_TOKEN_FILE && AWS_ROLE_ARN) {
    return byWebIdentity(environment, { role: AWS_ROLE_ARN, tokenFile: AWS_WEB_IDENTITY_TOKEN_FILE, region }, clock);
  }
  return { credentials: await fromProfile(environment), goodUntil: clock.now() + READ_AGAIN_MS };
}

async function byWebIdentity(
  environment: Environment,
  { role, tokenFile, region }: { readonly role: string; readonly tokenFile: string; readonly region: string },
  clock: Clock,
): Promise<Found> {
  const endpoint = environment.AWS_ENDPOINT_URL_STS ?? `https://sts.${region}.amazonaws.com`;
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: environment.AWS_ROLE_SESSION_NAME ?? SESSION_NAME,
    WebIdentityToken: (await read(tokenFile)).trim(),
  });
  const controller = new AbortController();
  const cancel = clock.after(STS_WITHIN_MS, () => controller.abort(new Error(`STS gave no answer for ${role}`)));
  const response = await fetch(endpoint, { method: "POST", body, redirect: "error", signal: controller.signal });
  const text = await response.text().finally(cancel);
  const field = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1] ?? "";
  if (!response.ok) throw refusal(`STS answered ${response.status} for ${role}: ${field("Code")} ${field("Message")}`);
  const [accessKeyId, secretAccessKey] = [field("AccessKeyId"), field("SecretAccessKey")];
  if (!accessKeyId || !secretAccessKey)
    throw refusal(`STS answered ${response.status} for ${role}, without credentials`);
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken: field("SessionToken") },
    goodUntil: renewAt(Date.parse(field("Expiration")), clock.now()),
  };
}

/** Well before their end; where that is near, or nothing is said of it, soon, and yet not for every task. */
function renewAt(expiresAt: number, now: number): number {
  if (Number.isNaN(expiresAt)) return now + READ_AGAIN_MS;
  return Math.max(expiresAt - RENEW_BEFORE_MS, now + Math.max(SOONEST_AGAIN_MS, (expiresAt - now) / 2));
}

async function fromProfile(environment: Environment): Promise<AwsCredentials> {
  const profile = environment.AWS_PROFILE ?? "default";
  const file = environment.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), ".aws", "credentials");
  const [, section = ""] = `\n${await read(file)}`.split(`\n[${profile}]`);
  const own = section.split(/\n\s*\[/)[0]!;
  const field = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, "m").exec(own)?.[1];
  const [accessKeyId, secretAccessKey] = [field("aws_access_key_id"), field("aws_secret_access_key")];
  if (!accessKeyId || !secretAccessKey) throw refusal(`'${file}' has no keys of profile '${profile}'`);
  return { accessKeyId, secretAccessKey, sessionToken: field("aws_session_token") };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw refusal(`'${file}' can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function refusal(found: string): FivefoldError {
  return new FivefoldError(
    "unauthorized",
    `There are no AWS credentials: ${found}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_ROLE_ARN and ` +
      "AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_PROFILE.",
  );
}
