import { useCase } from "fivefold";

interface ReadingTaken {
  meterId: string;
  value: number;
}

export default useCase<ReadingTaken>({
  owner: "team-metering",
  subscribers: {
    one: { batch: { max: 1, within: "1s" }, batchHandler: () => {} },
    slow: { batch: { max: 10, within: "2h" }, batchHandler: () => {} },
    half: { batch: { max: 10 } as never, batchHandler: () => {} },
    typo: { batch: { max: 10, within: "1s", size: 5 } as never, batchHandler: () => {} },
    count: { batch: 10 as never, batchHandler: () => {} },
  },
});
