import type { Clock } from "../../contract/clock.ts";
import type { TargetSettings } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { readSecrets, type Secrets, secretVariableOf } from "../../task-http/signature.ts";
import { type AddressGuard, createAddressGuard, readNetworks } from "./address-guard.ts";
import { readTargetUrls, type TargetUrl } from "./target-url.ts";

/*
 * Where targets are, and by what they know that a task is ours: told by the environment, so that one use case serves all.
 *
 * FIVEFOLD_SERVICE_<NAME>         URLs of a service's hosts
 * FIVEFOLD_LAMBDA_<NAME>          a function's name or ARN; by default the target's name
 * AWS_REGION, AWS_ENDPOINT_URL_LAMBDA, and AWS's variables for credentials
 * FIVEFOLD_AZURE_<APP>            the URL of a function app
 * FIVEFOLD_AZURE_KEY_<APP>        its key
 * FIVEFOLD_SIGNING_SECRET_<NAME>  of a service or function app: whsec_<base64>, several to change one
 * FIVEFOLD_SERVICE_NETWORKS       private networks that targets may be in
 * FIVEFOLD_CALLBACK_URL           where workers are called back, whichever of them it reaches
 * FIVEFOLD_ZONE                   where this process is
 *
 * <NAME> is the target's name in capitals, with underscores for hyphens.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** `image-thumbnails` as a variable has it: `IMAGE_THUMBNAILS`. Names are words of lower-case letters and digits. */
function capitals(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

export function guardOf(environment: Environment): AddressGuard {
  const variable = "FIVEFOLD_SERVICE_NETWORKS";
  try {
    return createAddressGuard(readNetworks(environment[variable] ?? ""));
  } catch (error) {
    throw new FivefoldError("invalid-option", `${variable}: ${(error as Error).message}.`, { cause: error });
  }
}

export const zoneOf = (environment: Environment): string => environment.FIVEFOLD_ZONE ?? "";

/** Where workers are called back, without a slash at its end. `undefined`: nowhere. */
export function callbackUrlOf({ FIVEFOLD_CALLBACK_URL: value }: Environment): string | undefined {
  if (!value) return undefined;
  const [url, ...more] = readTargetUrls("FIVEFOLD_CALLBACK_URL", value);
  if (url && more.length === 0) return url.origin + url.basePath;
  throw new FivefoldError("invalid-option", "FIVEFOLD_CALLBACK_URL takes one URL, which any of the workers answers.");
}

/** Where a service or function app is. Throws where the environment does not say. */
export function urlsOf({ kind, name }: TargetSettings, environment: Environment): readonly TargetUrl[] {
  const variable = `FIVEFOLD_${kind === "azure" ? "AZURE" : "SERVICE"}_${capitals(name)}`;
  const value = environment[variable];
  if (value) return readTargetUrls(variable, value);
  const option = kind === "service" ? `, or run \`fivefold dev --service ${name}=http://localhost:3000\`` : "";
  const what = kind === "azure" ? "the function app" : "the service";
  throw new FivefoldError(
    "invalid-option",
    `Nothing says where ${what} '${name}' is. Set ${variable} to its URL${option}.`,
  );
}

export interface LambdaPlace {
  readonly functionName: string;
  readonly region: string;
  readonly url: TargetUrl;
}

/** Which function of AWS Lambda a target is. Throws where the environment does not say. */
export function lambdaOf({ name }: TargetSettings, environment: Environment): LambdaPlace {
  const variable = `FIVEFOLD_LAMBDA_${capitals(name)}`;
  const functionName = environment[variable] || name;
  const regionOfArn = /^arn:[^:]+:lambda:([^:]+):/.exec(functionName)?.[1];
  const region = regionOfArn ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (!region || !/^[a-z0-9-]+$/.test(region)) {
    throw new FivefoldError(
      "invalid-option",
      `Nothing says in which region the function '${name}' is. Set AWS_REGION, or ${variable} to its ARN.`,
    );
  }
  const own = environment.AWS_ENDPOINT_URL_LAMBDA ?? environment.AWS_ENDPOINT_URL;
  const [url] = readTargetUrls("AWS_ENDPOINT_URL_LAMBDA", own || `https://lambda.${region}.amazonaws.com`);
  return { functionName, region, url: url! };
}

/** What requests are signed by, and callbacks; empty: nothing. Throws where there must be something. */
export function secretsOf({ kind, name }: TargetSettings, environment: Environment, clock: Clock): Secrets {
  // AWS signs by the caller's credentials.
  if (kind === "lambda") return [];
  const variable = secretVariableOf(name);
  const value = environment[variable];
  if (value) {
    try {
      return readSecrets(value);
    } catch (error) {
      throw new FivefoldError("invalid-option", `${variable} is no signing secret: ${(error as Error).message}.`);
    }
  }
  // A function app knows its callers by their key.
  if (kind !== "service") return [];
  const example = `whsec_${Buffer.from(clock.randomId(32)).toString("base64")}`;
  throw new FivefoldError(
    "invalid-option",
    `The service '${name}' could not tell our requests from others': nothing signs them. Set ${variable} here and for the ` +
      `service to one secret that nobody else has, such as ${example} (made just now).`,
  );
}

export function azureKeyOf({ name }: TargetSettings, environment: Environment): string {
  const variable = `FIVEFOLD_AZURE_KEY_${capitals(name)}`;
  const key = environment[variable];
  if (key && /^[!-~]+$/.test(key)) return key;
  throw new FivefoldError(
    "invalid-option",
    `The function app '${name}' takes requests by a key: set ${variable} to one of its function or host keys.`,
  );
}
