import { awsLambda, azureFunction, service, useCase } from "fivefold";

const options = { format: "protobuf" } as const;

interface ImageChanged {
  imageId: string;
}

export default useCase<ImageChanged>({
  owner: "team-previews",
  subscribers: {
    "on-lambda": { target: awsLambda("resize") },
    "on-azure": { target: azureFunction("images/resize", options), timeout: "2m" },
    "on-service": { target: service("resizer", options), filter: (event) => event.imageId !== "" },
    here: { handler: () => {} },
  },
});
