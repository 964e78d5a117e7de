import { type Schedule, useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

const ZONE = "Europe/Berlin";

const hourly: Schedule<BooksClosed> = {
  cron: "0 * * * *",
  missed: { all: 24 },
  event: (tick) => ({ id: tick.schedule, at: tick.at }),
};

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      nightly: { cron: " 30  2 * * MON-FRI ", timeZone: ZONE, event: ({ at }) => ({ id: "nightly", at }) },
      "every-minute": {
        every: "1m",
        missed: "skip",
        event(tick) {
          return { id: "minute", at: tick.at };
        },
      },
      hourly,
    },
  },
  handler: () => {},
});
