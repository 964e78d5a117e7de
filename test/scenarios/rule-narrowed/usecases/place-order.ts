import { type Text, useCase } from "fivefold";

export interface OrderPlaced {
  id: string;
  note: Text<{ maxLength: 80 }>;
  tags?: string[];
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
