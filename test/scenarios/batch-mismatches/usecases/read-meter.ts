import { useCase } from "fivefold";

interface MeterDue {
  meterId: string;
}

export default useCase<MeterDue>({
  owner: "team-metering",
  batchHandler: async (due) => {},
});
