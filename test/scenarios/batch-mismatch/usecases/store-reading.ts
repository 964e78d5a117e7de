import { useCase } from "fivefold";

interface ReadingTaken {
  meterId: string;
  value: number;
}

export default useCase<ReadingTaken>({
  owner: "team-metering",
  execution: { batch: { max: 50, within: "250ms" } },
  handler: async (readings) => {},
});
