import * as pulumi from "@pulumi/pulumi";
import { type CaptureConfig, sourceVariable } from "../capture-config.ts";
import { createWorkload, type Home } from "../kubernetes/workload.ts";

export interface CaptureArgs {
  readonly config: CaptureConfig;
  readonly home: Home;
  readonly image: pulumi.Input<string>;
  /** Its role's token. Absent: it comes as nobody. */
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** Where each source is. */
  readonly sources: Readonly<Record<string, pulumi.Input<string>>>;
  /** The ports that they listen at. */
  readonly ports: readonly number[];
}

/** No use case can have it: their names have single hyphens. */
const NAME = "fivefold--capture";
/** What is under way is enqueued and noted; the rest stays in the databases. */
const DRAIN_SECONDS = 10;
const ANYWHERE = ["0.0.0.0/0", "::/0"];

/**
 * What turns databases' changes into events. One pod at a time captures, by a lock in the database: a new one is started
 * before the old one ends, waits for that, and a broken image never takes the old one's place.
 */
export class Capture extends pulumi.ComponentResource {
  constructor(name: string, args: CaptureArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:kubernetes:Capture", name, {}, options);
    const { config, home, image, pulsarToken, sources, ports } = args;
    const { outboxes, egress, pod, cpu, memory } = config;
    createWorkload(
      name,
      {
        objectName: NAME,
        workload: { name: NAME, instance: pulumi.getStack(), partOf: pulumi.getProject(), component: "capture" },
        home,
        pulsarToken,
        annotations: { "fivefold.dev/source": "generated/manifest.json" },
        image,
        args: ["capture"],
        replicas: 1,
        env: outboxes.length > 0 ? { FIVEFOLD_OUTBOX: outboxes.join(",") } : {},
        secretEnv: Object.fromEntries(Object.entries(sources).map(([source, url]) => [sourceVariable(source), url])),
        envSecrets: [],
        // A source's URL is a secret, which a network policy can't be made of: its port is told alone.
        egress: [...ANYWHERE.map((cidr) => ({ cidr, ports })), ...egress],
        pod,
        cpu,
        memory,
        drainSeconds: DRAIN_SECONDS,
      },
      this,
    );
    this.registerOutputs({});
  }
}
