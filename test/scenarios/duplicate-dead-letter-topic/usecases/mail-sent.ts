import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-mail",
  subscribers: {
    archive: { handler: () => {} },
  },
});
