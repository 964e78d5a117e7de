import { useCase } from "fivefold";

interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team-a",
  handler: (event) => {
    console.log(event.nmae.length);
  },
});
