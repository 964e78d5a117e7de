import { useCase } from "fivefold";

export default useCase({ owner: "team-samples", handler: async () => {} });
