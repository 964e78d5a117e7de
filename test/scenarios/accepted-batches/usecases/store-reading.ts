import { useCase } from "fivefold";

/** A meter was read. */
export interface ReadingTaken {
  meterId: string;
  value: number;
}

export default useCase<ReadingTaken>({
  owner: "team-metering",
  flowControl: { maxInFlight: 1_000 },
  execution: { batch: { max: 500, within: "250ms" }, timeout: "1m" },
  batchHandler: async (readings) => {
    await Promise.resolve(readings.map(({ value }) => value));
  },
});
