import { useCase } from "fivefold";

interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team-a",
  handler: () => {},
});
