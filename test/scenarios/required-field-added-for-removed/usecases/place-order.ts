import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  note: string;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
