import * as pulumi from "@pulumi/pulumi";
import type { PodExtras } from "../kubernetes/pod-extras.ts";
import { createWorkload, type Home } from "../kubernetes/workload.ts";

export interface BacklogExporterArgs {
  readonly home: Home;
  /** Any image that holds the use cases: only their settings are read. */
  readonly image: pulumi.Input<string>;
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** What the platform wants of its pod. Default nothing. */
  readonly pod?: PodExtras | undefined;
}

/** No use case can have it: their names have single hyphens. */
const NAME = "fivefold--backlogs";

/** One small process that shows the backlogs of all use cases, also of those that have no replica to show it. */
export class BacklogExporter extends pulumi.ComponentResource {
  constructor(
    name: string,
    { home, image, pulsarToken, pod = {} }: BacklogExporterArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("fivefold:kubernetes:BacklogExporter", name, {}, options);
    createWorkload(
      name,
      {
        objectName: NAME,
        workload: {
          name: NAME,
          instance: pulumi.getStack(),
          partOf: pulumi.getProject(),
          component: "backlog-exporter",
        },
        home,
        pulsarToken,
        annotations: { "fivefold.dev/source": "generated/manifest.json" },
        image,
        args: ["backlogs"],
        replicas: 1,
        env: {},
        secretEnv: {},
        envSecrets: [],
        egress: [],
        pod,
        cpu: "10m",
        memory: "256Mi",
        drainSeconds: 1,
      },
      this,
    );
    this.registerOutputs({});
  }
}
