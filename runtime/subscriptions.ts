import { sleep } from "./contract/clock.ts";
import type { Message, ReportProblem, UseCaseSettings } from "./contract/contract.ts";
import { isKeyed, topicOf } from "./contract/contract.ts";
import { type ErrorCode, FivefoldError } from "./contract/errors.ts";
import { describeThrown } from "./contract/thrown.ts";
import type { Ports } from "./ports/ports.ts";
import { topicsOf } from "./ports/topics.ts";
import type { Consumer } from "./transport/transport.ts";

/** How soon a subscription that could not be had is tried again, at first and at most. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
const REPORT_EVERY_MS = 60_000;

/** Enough for a key to go on while others are asked for more of it, and few enough to hold for thousands of keys. */
const HELD_PER_KEY = 64;

/** What concerns one topic, and no other: the rest of a worker goes on. */
const OF_ONE_TOPIC: ReadonlySet<ErrorCode> = new Set(["conflict", "unknown-topic", "unauthorized"]);

/** A process's consumers. One that can't be had now, while others can, waits for its turn and lets the others run. */
export interface Subscriptions {
  /** Creates what is missing of the use cases' topics. Rejects where that can be done for none of them. */
  declare(useCases: readonly UseCaseSettings[]): Promise<void>;
  open(useCase: UseCaseSettings, subscription: string): Promise<Consumer>;
  /** Throws where each consumer waits for something that nobody is known to end. */
  requireAny(): void;
}

export function createSubscriptions(settings: {
  readonly ports: Pick<Ports, "transport" | "clock">;
  readonly reportProblem: ReportProblem;
}): Subscriptions {
  const { ports, reportProblem } = settings;
  const { transport, clock } = ports;
  /** Why the topics of a use case could not be declared, by its name. */
  const undeclared = new Map<string, FivefoldError>();
  const failures: FivefoldError[] = [];
  let opened = 0;

  async function declareEach(useCases: readonly UseCaseSettings[]): Promise<void> {
    for (const useCase of useCases) {
      await transport.declare(topicsOf(useCase)).catch((error: unknown) => {
        if (!isOfOneTopic(error)) throw error;
        undeclared.set(useCase.name, error);
      });
    }
    const [first] = undeclared.values();
    if (first && undeclared.size === useCases.length) throw first;
  }

  function subscribe(useCase: UseCaseSettings, subscription: string): Promise<Consumer> {
    const { name, priority, fair, maxInFlightPerKey = 0 } = useCase;
    const type = isKeyed(useCase) ? "key-shared" : "shared";
    const heldPerKey = Math.max(HELD_PER_KEY, 2 * maxInFlightPerKey);
    return transport.subscribe(topicOf(name, priority), subscription, type, { fair, heldPerKey });
  }

  /** A consumer that receives nothing until its subscription can be had. */
  function waitFor(useCase: UseCaseSettings, subscription: string, first: FivefoldError): Consumer {
    let consumer: Consumer | undefined;
    let closed = false;
    let end = () => {};
    const ending = new Promise<void>((resolve) => {
      end = resolve;
    });

    async function obtain(): Promise<void> {
      let problem = first;
      let reportedAt = Number.NEGATIVE_INFINITY;
      for (let waitMs = FIRST_WAIT_MS; !closed; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
        if (clock.monotonic() - reportedAt >= REPORT_EVERY_MS) {
          reportedAt = clock.monotonic();
          report(useCase, subscription, problem);
        }
        await sleep(clock, waitMs);
        if (closed) return;
        try {
          if (problem.code !== "conflict") await transport.declare(topicsOf(useCase));
          const found = await subscribe(useCase, subscription);
          if (closed) await found.close();
          else consumer = found;
          return;
        } catch (error) {
          problem = asProblem(error);
        }
      }
    }

    const obtained = obtain();
    return {
      async receive(max) {
        if (!consumer) await Promise.race([obtained, ending]);
        return consumer && !closed ? consumer.receive(max) : [];
      },
      async acknowledge(messages) {
        await consumer?.acknowledge(messages);
      },
      negativeAcknowledge(messages: readonly Message[], delayMs?: number) {
        consumer?.negativeAcknowledge(messages, delayMs);
      },
      async close() {
        closed = true;
        end();
        await consumer?.close();
      },
    };
  }

  function report(useCase: UseCaseSettings, subscription: string, problem: FivefoldError): void {
    const { name } = useCase;
    const [others, own] = isKeyed(useCase) ? ["without", "with"] : ["with", "without"];
    const why =
      problem.code === "conflict"
        ? `A worker consumes it ${others} \`orderBy\` or \`maxInFlightPerKey\` as yet, and this one ${own}: ` +
          "this one begins once the others have ended."
        : "It is tried again until it can be had.";
    const message = `Tasks of '${name}' (${subscription}) can't be received by this process as yet. ${why} ${problem.message}`;
    reportProblem(new FivefoldError(problem.code, message, { cause: problem }));
  }

  return {
    async declare(useCases) {
      try {
        await transport.declare(useCases.flatMap(topicsOf));
      } catch (error) {
        if (!isOfOneTopic(error)) throw error;
        await declareEach(useCases);
      }
    },
    async open(useCase, subscription) {
      let problem = undeclared.get(useCase.name);
      if (!problem) {
        try {
          const consumer = await subscribe(useCase, subscription);
          opened += 1;
          return consumer;
        } catch (error) {
          if (!isOfOneTopic(error)) throw error;
          problem = error;
        }
      }
      failures.push(problem);
      return waitFor(useCase, subscription, problem);
    },
    requireAny() {
      const [first] = failures;
      if (first && opened === 0 && failures.every(({ code }) => code !== "conflict")) throw first;
    },
  };
}

function isOfOneTopic(error: unknown): error is FivefoldError {
  return error instanceof FivefoldError && OF_ONE_TOPIC.has(error.code);
}

function asProblem(error: unknown): FivefoldError {
  if (error instanceof FivefoldError) return error;
  return new FivefoldError("not-connected", describeThrown(error), { cause: error });
}
