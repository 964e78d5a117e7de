import { perSecond, useCase } from "fivefold";

interface OrderPlaced {
  id: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  subscribers: {
    percent: { retry: { budget: { percent: 120, atLeast: perSecond(1) } }, handler: () => {} },
    part: { retry: { budget: { percent: 0.2, atLeast: perSecond(1) } }, handler: () => {} },
    stuck: { retry: { budget: { percent: 20, atLeast: perSecond(0) } }, handler: () => {} },
    half: { retry: { budget: { percent: 20 } as never }, handler: () => {} },
    number: { retry: { budget: 20 as never }, handler: () => {} },
  },
});
