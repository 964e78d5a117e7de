import { describe, expect, test } from "vitest";
import { type Diff, diffStates } from "../../../compiler/diff/diff.ts";
import { currentState } from "../../../compiler/diff/state.ts";
import { applyLock } from "../../../compiler/lock/lock.ts";
import { readLock } from "../../../compiler/lock/lock-file.ts";
import type { Subscriber, UseCase } from "../../../compiler/model/model.ts";
import { INT, message, TEXT, useCaseOf } from "../emit/models.ts";
import { releasedText, unnumbered } from "../lock-versions.ts";

const ORDER = [message("Order", { id: TEXT, customer: TEXT, amount: INT })];

function useCase(changes: Partial<UseCase> = {}, messages = ORDER): UseCase {
  return unnumbered(useCaseOf("order", messages, [], changes));
}

const PLAIN = useCase();
const BY_ID: Partial<UseCase> = { scheduler: { ...PLAIN.scheduler, orderBy: "id" } };
const BY_CUSTOMER: Partial<UseCase> = { scheduler: { ...PLAIN.scheduler, orderBy: "customer" } };

function subscribers(...names: readonly string[]): Partial<UseCase> {
  const [one] = PLAIN.subscribers as readonly [Subscriber];
  return { severalSubscribers: true, subscribers: names.map((name) => ({ ...one, name })) };
}

/** What changes from one to the other; both are released unless it is said. */
function diff(before: UseCase, after: UseCase, { release = true } = {}): Diff {
  const old = applyLock([before], undefined);
  const oldLock = release ? releasedText(old.useCases, old.lockText) : old.lockText;
  const now = applyLock([after], oldLock);
  expect(now.diagnostics).toEqual([]);
  const nowLock = release ? releasedText(now.useCases, now.lockText) : now.lockText;
  return diffStates(currentState(old.useCases, readLock(oldLock)), currentState(now.useCases, readLock(nowLock)));
}

function steps({ rollout }: Diff): string[] {
  return rollout.map(({ phase, text }) => `${phase}: ${text}`);
}

describe("in which order", () => {
  test.each<[string, UseCase, UseCase, readonly string[]]>([
    ["nothing changes", PLAIN, PLAIN, []],
    [
      "a limit changes",
      PLAIN,
      useCase({ flowControl: { ...PLAIN.flowControl, maxInFlight: 8 } }),
      ["workers: Deploy its workers."],
    ],
    [
      "tasks come into order: the broker turns away workers of both kinds at once",
      PLAIN,
      useCase(BY_ID),
      [
        "workers: Stop all of its workers, then deploy the new ones.",
        "senders: Deploy what sends it.",
        "drain: Count on the order by id once 'default' of 'order' has no backlog, none of its tasks is delayed (they may be for 30d after the last was sent) or waits for another try, and its dead letters are sent again or given up.",
      ],
    ],
    [
      "tasks leave it",
      useCase(BY_ID),
      PLAIN,
      ["workers: Stop all of its workers, then deploy the new ones.", "senders: Deploy what sends it."],
    ],
    [
      "the order is by another field",
      useCase(BY_ID),
      useCase(BY_CUSTOMER),
      [
        "workers: Deploy its workers.",
        "senders: Deploy what sends it.",
        "drain: Count on the order by customer once 'default' of 'order' has no backlog, none of its tasks is delayed (they may be for 30d after the last was sent) or waits for another try, and its dead letters are sent again or given up.",
      ],
    ],
    [
      "events are deduplicated and shared out by other fields",
      useCase({ frontend: { ...PLAIN.frontend, dedupeBy: "id" } }),
      useCase({
        frontend: { ...PLAIN.frontend, dedupeBy: "customer" },
        flowControl: { ...PLAIN.flowControl, fairBy: "customer" },
      }),
      [
        "workers: Deploy its workers.",
        "senders: Expect that an event which was sent before and is sent again counts as new.",
        "senders: Expect turns by customer once what is there already is handled.",
        "senders: Deploy what sends it.",
      ],
    ],
    [
      "a subscriber goes while the order changes: its worker has to be done before",
      useCase({ ...subscribers("mail", "stock"), ...BY_ID }),
      useCase(subscribers("stock")),
      [
        "empty: Let a worker of the old version go on with 'mail' until its backlog is what you can do without.",
        "workers: Stop all of its workers, then deploy the new ones.",
        "senders: Deploy what sends it.",
        "contract: Remove the subscription 'mail' of 'order', and 'order-mail-DLQ' once its dead letters are seen to.",
      ],
    ],
    [
      "a rule is widened",
      useCase({}, [message("Order", { id: { kind: "text", maxLength: 5 } })]),
      useCase({}, [message("Order", { id: TEXT })]),
      [
        "readers: Deploy what else reads it by its contract, for version 2.",
        "workers: Deploy its workers.",
        "senders: Deploy what sends it.",
      ],
    ],
    [
      "a field is removed, which no reader needs",
      PLAIN,
      useCase({}, [message("Order", { id: TEXT, customer: TEXT })]),
      [
        "readers: Deploy what else reads it by its contract, for version 2.",
        "workers: Deploy its workers.",
        "senders: Deploy what sends it.",
      ],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(steps(diff(before, after))).toEqual(expected);
  });

  test("records of a version that was never released are waited for, if they would be misread", () => {
    const after = useCase({}, [message("Order", { id: { kind: "text", maxLength: 5 } })]);
    const changed = diff(useCase({}, [message("Order", { id: TEXT })]), after, { release: false });
    expect(changed.useCases[0]!.contract!.order).toBe("unreleased");
    expect(steps(changed)).toEqual([
      "release: Run `fivefold release --use-case order`, and commit contracts.lock.json.",
      "empty: Stop what sends it, and wait until 'default' of 'order' has no backlog, none of its tasks is delayed (they may be for 30d after the last was sent) or waits for another try, and its dead letters are sent again or given up.",
      "workers: Deploy its workers.",
      "senders: Deploy what sends it.",
    ]);
  });
});

test("what can't be delayed or tried again need not be waited for", () => {
  const now = (changes: Partial<UseCase>) =>
    useCase({ ...changes, scheduler: { ...PLAIN.scheduler, ...changes.scheduler, maxDelayMs: 0 } });
  expect(steps(diff(now({}), now(BY_ID))).at(-1)).toBe(
    "drain: Count on the order by id once 'default' of 'order' has no backlog, none of its tasks waits for another try, and its dead letters are sent again or given up.",
  );
  const [one] = PLAIN.subscribers as readonly [Subscriber];
  const once = { subscribers: [{ ...one, maxRetries: 0 }] };
  expect(steps(diff(now(once), now({ ...once, ...BY_ID }))).at(-1)).toBe(
    "drain: Count on the order by id once 'default' of 'order' has no backlog, and its dead letters are sent again or given up.",
  );
});
