import { useCase } from "fivefold";

interface CustomerChanged {
  customerId: string;
  changeId: string;
}

export default useCase<CustomerChanged>({
  owner: "team-crm",
  scheduler: { orderBy: "changeId" },
  flowControl: { maxInFlightPerKey: { by: "customerId" } },
  handler: () => {},
});
