import { useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      nightly: { cron: "0 3 * * *", timeZone: "Europe/Berln", event: ({ at }) => ({ id: at.toISOString(), at }) },
    },
  },
  handler: () => {},
});
