import { settledWithin } from "../contract/clock.ts";
import { topicOf } from "../contract/contract.ts";
import { type ErrorCode, FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { Worker } from "../worker.ts";

/** Answers why the process is not ready; empty: it is. */
export type Readiness = () => Promise<string>;

/** Kubernetes' probes give up after one second by default; a slower answer would be nobody's. */
const ANSWER_MS = 900;

/** What tells of one use case, or of what its asker may not know, is an answer all the same. */
const OF_A_WORKER: ReadonlySet<ErrorCode> = new Set(["unknown-topic"]);
/** Who only produces need not be let near backlogs. */
export const OF_A_PRODUCER: ReadonlySet<ErrorCode> = new Set(["unknown-topic", "unauthorized"]);

/** Ready is a worker, or a gateway, that doesn't drain and whose transport answers. */
export function createReadiness(
  worker: Pick<Worker, "ports" | "useCases" | "draining">,
  answers: ReadonlySet<ErrorCode> = OF_A_WORKER,
): Readiness {
  const { transport, clock } = worker.ports;
  const [useCase] = worker.useCases;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    if (!useCase) return "";
    let answered = false;
    try {
      const answer = transport.backlog(topicOf(useCase.name, useCase.priority), useCase.subscribers[0]!.name);
      await settledWithin(
        clock,
        ANSWER_MS,
        answer.then(() => {
          answered = true;
        }),
      );
      return answered ? "" : `the transport does not answer within ${ANSWER_MS} ms`;
    } catch (error) {
      // That is an answer: what is missing for one use case keeps no worker from the others, nor a rollout from its end.
      if (error instanceof FivefoldError && answers.has(error.code)) return "";
      return `the transport can't be used: ${describeThrown(error)}`;
    }
  }

  return async () => {
    if (worker.draining) return "it is draining";
    // Those who ask at once share one question.
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** Why only a restart of the process helps; empty: it need not. */
export function whyNotLive(worker: Pick<Worker, "counts">): string {
  const stuck: string[] = [];
  for (const [useCase, subscribers] of Object.entries(worker.counts())) {
    for (const [subscriber, { execution }] of Object.entries(subscribers)) {
      if (execution.stuck > 0) stuck.push(`${execution.stuck} of '${useCase}' (${subscriber})`);
    }
  }
  if (stuck.length === 0) return "";
  return `ordered tasks run on though their time is over, and their keys wait: ${stuck.join(", ")}`;
}
