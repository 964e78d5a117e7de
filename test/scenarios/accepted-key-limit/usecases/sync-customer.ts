import { useCase } from "fivefold";

interface CustomerChanged {
  customerId: bigint;
  changeId: string;
}

export default useCase<CustomerChanged>({
  owner: "team-crm",
  flowControl: { maxInFlightPerKey: { by: "customerId", max: 2 }, maxInFlight: 32 },
  handler: () => {},
});
