import { type Text, useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  total?: Text<{ pattern: "^[0-9]+ [A-Z]{3}$" }>;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
