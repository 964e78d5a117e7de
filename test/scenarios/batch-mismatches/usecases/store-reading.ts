import { service, useCase } from "fivefold";

interface ReadingTaken {
  meterId: string;
  value: number;
}

export default useCase<ReadingTaken>({
  owner: "team-metering",
  execution: { batch: { max: 50, within: "250ms" } },
  subscribers: {
    "no-batch": { batchHandler: async () => {} },
    both: { batch: { max: 10, within: "1s" }, handler: () => {}, batchHandler: () => {} },
    sent: { batch: { max: 10, within: "1s" }, target: service("meters") },
    single: { batch: { max: 10, within: "1s" }, handler: () => {} },
  },
});
