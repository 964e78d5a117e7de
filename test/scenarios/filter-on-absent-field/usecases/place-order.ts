import { useCase } from "fivefold";

interface OrderPlaced {
  id: string;
  gift?: boolean;
  country?: "DE" | "FR";
  coupon?: string;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  subscribers: {
    gifts: { filter: (order) => order.gift === true, handler: () => {} },
    // Each of these says what is to happen with an order that lacks the field.
    abroad: { filter: (order) => (order.country ?? "DE") === "FR", handler: () => {} },
    coupons: { filter: ({ coupon }) => coupon === "SPRING", handler: () => {} },
    spring: { filter: (order) => order.coupon !== undefined && order.coupon === "SPRING", handler: () => {} },
  },
});
