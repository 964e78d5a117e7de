import { useCase } from "fivefold";

export interface GreetingAsked {
  name: string;
}

export default useCase<GreetingAsked>({ owner: "team-samples", handler: async () => {} });
