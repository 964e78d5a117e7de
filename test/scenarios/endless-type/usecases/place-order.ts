import { useCase } from "fivefold";

interface Category {
  name: string;
  parent: Parent;
}

interface Parent {
  category: Category;
}

export interface OrderPlaced {
  id: string;
  categories: Category[];
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
