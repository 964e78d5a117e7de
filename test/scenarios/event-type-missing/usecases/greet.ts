import { useCase } from "fivefold";

export default useCase({
  owner: "team-a",
  handler: (event: { name: string }) => {
    console.log(event.name);
  },
});
