import { createAwaitedOutcomes } from "../callbacks/awaited-outcomes.ts";
import type { Cancel, Clock } from "../contract/clock.ts";
import type { ExecutorContract, ReportProblem, SubscriberSettings, TargetSettings } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { createAwsCredentials } from "../delivery/remote/aws-credentials.ts";
import { createHostPool, type HostPool } from "../delivery/remote/host-pool.ts";
import { createHttpClient } from "../delivery/remote/http-client.ts";
import { createLambdaProtocol } from "../delivery/remote/lambda-protocol.ts";
import type { Protocol } from "../delivery/remote/protocol.ts";
import { createRemoteTarget } from "../delivery/remote/remote-target.ts";
import { createResolve, type Resolve } from "../delivery/remote/resolve.ts";
import { createServiceProtocol } from "../delivery/remote/service-protocol.ts";
import {
  azureKeyOf,
  callbackUrlOf,
  type Environment,
  guardOf,
  lambdaOf,
  secretsOf,
  urlsOf,
  zoneOf,
} from "../delivery/remote/target-environment.ts";
import type { TargetUrl } from "../delivery/remote/target-url.ts";
import type { Settlement } from "../delivery/settlement.ts";
import type { Ports } from "../ports/ports.ts";
import { callbackId } from "../task-http/callback.ts";
import type { TaskTraces } from "../tracing/task-traces.ts";
import type { TaskTarget } from "./local-target.ts";

/** The targets of one worker that are other processes. Those of one name share what is known of their hosts. */
export interface RemoteTargets {
  open(options: {
    readonly contract: ExecutorContract<unknown>;
    readonly subscriber: SubscriberSettings & { readonly target: TargetSettings };
    readonly settlement: Pick<Settlement, "add" | "postpone">;
    /** Absent: this process traces nothing. */
    readonly traces: TaskTraces | undefined;
    /** Told when more may be in flight, or less. */
    readonly shareChanged: () => void;
    /** Told of a task that was answered by 202, and how long that took. Times are on the monotonic clock. */
    readonly accepted: (startedAt: number, endedAt: number) => void;
  }): TaskTarget;
  close(): Promise<void>;
}

export interface RemoteTargetsOptions {
  readonly environment: Environment;
  /** Default: as the system resolves names. */
  readonly resolve?: Resolve | undefined;
  /** Where callbacks' outcomes are kept. Absent: tasks are answered at once, or tried again. */
  readonly openControlStore: Ports["openControlStore"];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** Rejects with a FivefoldError where the environment does not say what these executors' targets need. */
export async function openRemoteTargets(
  executors: readonly ExecutorContract<unknown>[],
  options: RemoteTargetsOptions,
): Promise<RemoteTargets> {
  const { environment, clock, reportProblem } = options;
  const guard = guardOf(environment);
  const resolve = options.resolve ?? createResolve(clock);
  const client = createHttpClient();
  const pools = new Map<string, HostPool>();
  const watching: Cancel[] = [];

  const subscribers = executors.flatMap((contract) =>
    contract.settings.subscribers.flatMap(({ target, ...subscriber }) =>
      target ? [{ contract, subscriber: { ...subscriber, target } }] : [],
    ),
  );
  const callbackUrl = options.openControlStore && callbackUrlOf(environment);
  const problems = new Set<string>();
  const protocols = new Map<string, Protocol>();
  for (const { contract, subscriber } of subscribers) {
    try {
      placesOf(subscriber.target, environment);
      protocols.set(
        placeOf(contract, subscriber),
        protocolOf(contract, subscriber, { environment, callbackUrl, clock }),
      );
    } catch (error) {
      problems.add((error as Error).message);
    }
  }
  if (problems.size > 0) throw new FivefoldError("invalid-option", [...problems].join("\n"));
  const outcomes =
    callbackUrl === undefined
      ? undefined
      : createAwaitedOutcomes({ store: await options.openControlStore!(), clock, reportProblem });

  function poolOf(target: TargetSettings): HostPool {
    const urls = placesOf(target, environment);
    const name =
      target.kind === "lambda" ? `AWS Lambda (${urls[0]?.hostname})` : `${KINDS[target.kind]} '${target.name}'`;
    let pool = pools.get(name);
    if (!pool) {
      const healthPath = target.kind === "service" ? target.health : undefined;
      pool = createHostPool({
        name,
        urls,
        healthPath,
        zone: zoneOf(environment),
        guard,
        resolve,
        client,
        clock,
        reportProblem,
      });
      pools.set(name, pool);
    }
    return pool;
  }

  return {
    open({ contract, subscriber, settlement, traces, shareChanged, accepted }) {
      const hosts = poolOf(subscriber.target);
      watching.push(hosts.watch(shareChanged));
      const remote = createRemoteTarget({
        protocol: protocols.get(placeOf(contract, subscriber))!,
        hosts,
        client,
        timeoutMs: subscriber.timeoutMs,
        // Without a time of its own, its end is timed with its batch's, as that of any try which waited for something.
        report(message, outcome, startedAt, endedAt) {
          const tried = traces?.answered(message, "message" in outcome ? outcome.message : undefined) ?? message;
          settlement.add(tried, outcome, startedAt, endedAt);
        },
        accepted(startedAt, endedAt) {
          accepted(startedAt, endedAt);
          clock.soon(shareChanged);
        },
        postpone: (message, afterMs) => settlement.postpone(traces?.answered(message) ?? message, afterMs),
        awaitOutcome:
          outcomes && secretsOf(subscriber.target, environment, clock).length > 0
            ? ({ id, attempt }, settle) =>
                outcomes.await(callbackId(contract.settings.name, subscriber.name, id, attempt), settle)
            : undefined,
        clock,
      });
      return {
        run: (messages, events) => remote.run(traces ? traces.sent(messages) : messages, events),
        abort: remote.abort,
        get running() {
          return remote.running;
        },
        find: remote.find,
        counts: {
          get running() {
            return remote.counts.running;
          },
          stuck: 0,
          alone: 0,
        },
        share: hosts.share,
        accepted: () => remote.counts.accepted,
      };
    },
    async close() {
      for (const cancel of watching) cancel();
      for (const pool of pools.values()) pool.close();
      await outcomes?.close();
      await client.close();
    },
  };
}

const KINDS = { service: "service", azure: "function app" };

function placesOf(target: TargetSettings, environment: Environment): readonly TargetUrl[] {
  return target.kind === "lambda" ? [lambdaOf(target, environment).url] : urlsOf(target, environment);
}

function placeOf({ settings }: ExecutorContract<unknown>, { name }: Pick<SubscriberSettings, "name">): string {
  return `${settings.name} ${name}`;
}

function protocolOf(
  { settings, toJson }: ExecutorContract<unknown>,
  { name, target, timeoutMs }: SubscriberSettings & { readonly target: TargetSettings },
  {
    environment,
    callbackUrl,
    clock,
  }: { readonly environment: Environment; readonly callbackUrl: string | undefined; readonly clock: Clock },
): Protocol {
  const { format } = target;
  if (format === "json" && !toJson) {
    throw new FivefoldError("invalid-option", `'${settings.name}' was built before it had a target: build it again.`);
  }
  const secrets = secretsOf(target, environment, clock);
  const shape = {
    ...{ useCase: settings.name, subscriber: name, version: settings.version, format, timeoutMs },
    // Callbacks are known by their signatures.
    callbackUrl: secrets.length > 0 ? callbackUrl : undefined,
  };
  const ownToJson = format === "json" ? toJson : undefined;
  if (target.kind === "lambda") {
    const place = lambdaOf(target, environment);
    const credentials = createAwsCredentials(environment, place.region, clock);
    return createLambdaProtocol({ shape, place, credentials, toJson: ownToJson });
  }
  return createServiceProtocol({
    shape,
    path: target.path,
    secrets,
    headers: target.kind === "azure" ? ["x-functions-key", azureKeyOf(target, environment)] : undefined,
    toJson: ownToJson,
  });
}
