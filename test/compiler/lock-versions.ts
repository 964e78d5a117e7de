import { expect } from "vitest";
import { applyLock } from "../../compiler/lock/lock.ts";
import { readLock } from "../../compiler/lock/lock-file.ts";
import { releaseVersions } from "../../compiler/lock/release.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import type { Enum, Message, UseCase } from "../../compiler/model/model.ts";
import { useCaseOf } from "./emit/models.ts";

/** A use case with that event, as reading leaves it: without numbers. */
export function read(messages: readonly Message[], enums: readonly Enum[] = [], name = "sample"): UseCase {
  return unnumbered(useCaseOf(name, messages, enums));
}

export function unnumbered(useCase: UseCase): UseCase {
  const { messages, enums } = useCase.event;
  return {
    ...useCase,
    event: {
      ...useCase.event,
      version: 0,
      messages: messages.map((message) => ({
        ...message,
        fields: message.fields.map((field) => ({ ...field, number: 0 })),
      })),
      enums: enums.map((union) => ({ ...union, members: union.members.map((member) => ({ ...member, number: 0 })) })),
    },
  };
}

/** Applies one version of a use case after the other; the last must be accepted. */
export function evolve(...versions: readonly UseCase[]) {
  let lockText: string | undefined;
  let result = applyLock([], undefined);
  for (const version of versions) {
    result = applyLock([version], lockText);
    expect(result.diagnostics).toEqual([]);
    lockText = result.lockText;
  }
  return { ...result, event: result.useCases[0]!.event };
}

/** The lock's text with the versions of these use cases released. */
export function releasedText(useCases: readonly UseCase[], lockText: string): string {
  return writeLock(releaseVersions(useCases, readLock(lockText)).lock);
}

export function numbersOf({ fields }: Message): Record<string, number> {
  return Object.fromEntries(fields.map(({ name, number }) => [name, number]));
}
