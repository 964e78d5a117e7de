import { useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      hourly: { cron: "60 * * * *", event: ({ at }) => ({ id: at.toISOString(), at }) },
      daily: { cron: "0 3 * *", event: ({ at }) => ({ id: at.toISOString(), at }) },
      once: { cron: "2030-01-01T00:00:00", event: ({ at }) => ({ id: at.toISOString(), at }) },
    },
  },
  handler: () => {},
});
