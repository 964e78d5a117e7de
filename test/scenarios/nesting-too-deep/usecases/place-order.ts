import { useCase } from "fivefold";

/** Each level's type is another one, so there is no end to them. */
interface Nested<T> {
  value: string;
  next?: Nested<T[]>;
}

export default useCase<Nested<string>>({
  owner: "team-orders",
  handler: () => {},
});
