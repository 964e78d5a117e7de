import { type Text, useCase } from "fivefold";
import { appendToOutbox } from "./outbox.ts";

/** Somebody wants to be reminded. Enqueued with the delay after which it is time. */
export interface ReminderSet {
  reminderId: Text<{ maxLength: 64 }>;
  userId: string;
  text: Text<{ minLength: 1; maxLength: 500 }>;
  remindAt: Date;
  channel?: "email" | "push";
}

export default useCase<ReminderSet>({
  owner: "team-notifications",
  // A client that repeats a request after a lost answer must not remind twice.
  frontend: { dedupeBy: "reminderId", dedupeFor: "1d" },
  scheduler: { maxDelay: "365d" },
  flowControl: { priority: "high" },
  handler: (reminder) => {
    const latenessMs = Date.now() - reminder.remindAt.getTime();
    appendToOutbox("reminders.jsonl", { id: reminder.reminderId, channel: reminder.channel ?? "email", latenessMs });
  },
});
