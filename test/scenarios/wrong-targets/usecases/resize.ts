import { awsLambda, azureFunction, service, useCase } from "fivefold";

declare function nameOf(): string;

interface ImageChanged {
  imageId: string;
}

export default useCase<ImageChanged>({
  owner: "team-previews",
  delivery: { target: service("resizer") },
  subscribers: {
    blank: { target: service("") },
    "with-slash": { target: awsLambda("images/resize") },
    "without-slash": { target: azureFunction("resize" as "a/b") },
    capitals: { target: service("Resizer") },
    query: { target: service("resizer", { path: "/events?all=1" }) },
    relative: { target: service("resizer", { path: "events" }) },
    format: { target: service("resizer", { format: "xml" as "json" }) },
    unknown: { target: service("resizer", { port: 80 } as object) },
    computed: { target: service(nameOf()) },
    both: { target: service("resizer"), handler: () => {} },
    text: { target: "resizer" as never },
  },
});
