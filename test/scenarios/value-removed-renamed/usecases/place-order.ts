import { useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  country: "DE" | "France" | "US";
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
