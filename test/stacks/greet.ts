import type { Home } from "../../stacks/kubernetes/workload.ts";
import type { ManifestUseCase } from "../../stacks/manifest.ts";

/** A use case with two subscribers, as the compiler writes it down. */
export const GREET: ManifestUseCase = {
  name: "greet",
  file: "usecases/greet.ts",
  doc: "",
  owner: "team-a",
  event: { name: "GreetRequested", version: 1, contract: "generated/contracts/greet.proto" },
  topics: [
    { name: "greet.high", ordered: true, subscriptions: ["mail", "push"] },
    { name: "greet.high-mail-DLQ", ordered: false, subscriptions: ["dead-letters"] },
    { name: "greet.high-push-DLQ", ordered: false, subscriptions: ["dead-letters"] },
  ],
  execution: { minProcesses: null, maxProcesses: null, latencyObjectiveMs: 2_000 },
  settings: {
    maxDelayMs: 0,
    ordered: true,
    subscribers: [
      { name: "mail", deadlineMs: 60_000, timeoutMs: 30_000, maxInFlight: 16 },
      { name: "push", deadlineMs: 0, timeoutMs: 5_000, maxInFlight: 64 },
    ],
  },
};

/** Where it runs. */
export const HOME: Home = {
  namespace: "shop",
  imagePullSecrets: [],
  monitoringNamespace: "monitoring",
  services: {
    pulsarUrl: "pulsar://broker.pulsar.svc:6650",
    pulsarAdminUrl: "http://broker.pulsar.svc:8080",
    pulsarNamespace: "shop/test",
    postgresUrl: "postgres://user:password@db/shop",
    postgresPort: 5_432,
  },
};
