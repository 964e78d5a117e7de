import { useCase } from "fivefold";

interface File {
  path: string;
}

export default useCase<File[]>({
  owner: "team-a",
  handler: () => {},
});
