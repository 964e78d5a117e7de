import { useCase } from "fivefold";

export interface ByCard {
  by: "card";
  token: string;
}

export interface ByTransfer {
  by: "transfer";
  iban: string;
}

export interface OrderPlaced {
  id: string;
  payment: ByCard | ByTransfer;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
