import { useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      nightly: { cron: "0 3 30 2 *", event: ({ at }) => ({ id: at.toISOString(), at }) },
    },
  },
  handler: () => {},
});
