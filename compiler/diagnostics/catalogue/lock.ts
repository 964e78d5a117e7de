import { error } from "./entry.ts";

/** Faults of contracts.lock.json, and of events against it. */
export const LOCK = {
  "bad-lock": error<{ reason: string; fix: string }>(
    ({ reason }) => `The lock can't be followed: ${reason}. Without it, new field numbers could meet old records.`,
    ({ fix }) => fix,
  ),
  "field-type-changed": error<{ field: string; message: string; number: number; old: string; now: string }>(
    ({ field, message, number, old, now }) =>
      `'${field}' of ${message} was '${old}' on the wire and is '${now}' now. Records that are queued, delayed or ` +
      `dead-lettered hold '${old}' in field ${number}, and would be misread or fail.`,
    ({ field, old }) =>
      `Give the new field another name and keep or drop '${field}', or keep '${old}' and convert it in the handler.`,
  ),
  "event-type-changed": error<{ old: string; now: string }>(
    ({ old, now }) =>
      `The event was ${old} and is ${now} now, another type on the wire. Records that are queued, delayed or ` +
      `dead-lettered hold ${old}.`,
    ({ old, now }) => `Keep ${old} as the event, or move ${now} to a use case of its own, whose topic is new.`,
  ),
  "missing-lock": error<{ commit: string | undefined }>(
    ({ commit }) =>
      `contracts.lock.json is missing, and ${commit ? `commit ${commit} has it` : "generated/ was built with one"}. It ` +
      "alone says which number each field has, and which versions were released: without it, new fields could take the " +
      "numbers of old ones.",
    ({ commit }) =>
      `Restore it${commit ? `: \`git checkout ${commit} -- contracts.lock.json\`` : ""}. If no record of any released ` +
      `version is left anywhere, \`fivefold build --forget-releases\` ${commit ? "retires them all" : "starts anew"}.`,
  ),
  "lost-release": error<{ useCase: string; version: number; isOther: boolean; commit: string }>(
    ({ useCase, version, isOther, commit }) =>
      `Version ${version} of '${useCase}' was released in commit ${commit}, and contracts.lock.json ` +
      `${isOther ? "has another one by that number" : "does not have it"}. Its records may be anywhere, and a change ` +
      "is safe for them only if it is checked against that version.",
    ({ useCase, version }) =>
      "Put it back: `fivefold resolve`. If none of its records is left anywhere, retire it by " +
      `\`fivefold retire ${useCase} ${version}\` then.`,
  ),
};
