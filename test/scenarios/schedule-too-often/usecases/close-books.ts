import { useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      ticker: { every: "500ms", event: ({ at }) => ({ id: at.toISOString(), at }) },
      sometimes: { every: "30s", missed: { all: 0 }, event: ({ at }) => ({ id: at.toISOString(), at }) },
    },
  },
  handler: () => {},
});
