import { useCase } from "fivefold";

export interface BooksClosed {
  id: string;
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      // @ts-expect-error: one of the two.
      nightly: { event: ({ at }) => ({ id: at.toISOString(), at }) },
    },
  },
  handler: () => {},
});
