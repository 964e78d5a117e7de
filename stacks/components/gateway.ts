import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayConfig } from "../gateway-config.ts";
import { createWorkload, type Home } from "../kubernetes/workload.ts";

export interface GatewayArgs {
  readonly config: GatewayConfig;
  readonly home: Home;
  readonly image: pulumi.Input<string>;
  /** Its role's token. Absent: it comes as nobody. */
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** What `fivefold new-token` prints, as the file that the gateway reads. */
  readonly tokens: pulumi.Input<string>;
}

/** No use case can have it: their names have single hyphens. */
const NAME = "fivefold--gateway";
const HTTP_PORT = 8_080;
const TOKENS_FOLDER = "/var/run/fivefold/gateway";
const TOKENS_FILE = "tokens.json";
/** As long as it takes until nobody sends to a pod any more that is to end. */
const LEAVE_SECONDS = 5;
/** What scaling down waits for, so that a pause between two bursts ends no replica. */
const CALM_SECONDS = 300;

/** What takes events of all use cases by HTTP. */
export class Gateway extends pulumi.ComponentResource {
  /** `http://fivefold--gateway.<namespace>`: where pods of the cluster send to. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: GatewayArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:kubernetes:Gateway", name, {}, options);
    const { config, home, pulsarToken } = args;
    const { pod } = config;
    const drainSeconds = Math.ceil(config.drainMs / 1_000);
    const tokensName = `${NAME}-tokens`;
    const { deployment, metadata, podSelector } = createWorkload(
      name,
      {
        objectName: NAME,
        workload: {
          name: NAME,
          instance: pulumi.getStack(),
          partOf: pulumi.getProject(),
          component: "gateway",
        },
        home,
        pulsarToken,
        annotations: { "fivefold.dev/source": "generated/openapi.json" },
        image: args.image,
        args: [
          ...["gateway", "--tokens", `${TOKENS_FOLDER}/${TOKENS_FILE}`, "--port", String(HTTP_PORT)],
          ...["--leave", `${LEAVE_SECONDS}s`, "--drain", `${drainSeconds}s`],
          ...(config.rate === undefined ? [] : ["--rate", `${config.rate}/s`]),
        ],
        replicas: undefined,
        env: {},
        secretEnv: {},
        envSecrets: [],
        egress: [],
        ingress: { port: HTTP_PORT, from: config.from },
        pod: {
          ...pod,
          // One that changes in place: pods read it anew, and none has to start for it.
          volumes: [{ name: "gateway-tokens", secret: { secretName: tokensName } }, ...(pod.volumes ?? [])],
          volumeMounts: [
            { name: "gateway-tokens", mountPath: TOKENS_FOLDER, readOnly: true },
            ...(pod.volumeMounts ?? []),
          ],
        },
        cpu: config.cpu,
        memory: config.memory,
        drainSeconds: LEAVE_SECONDS + drainSeconds,
        needs: (metadata) => [
          new k8s.core.v1.Secret(
            `${name}-tokens`,
            {
              metadata: { ...metadata(), name: tokensName },
              stringData: { [TOKENS_FILE]: pulumi.secret(args.tokens) },
            },
            { parent: this },
          ),
        ],
      },
      this,
    );
    const spec = {
      selector: podSelector.matchLabels,
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    };
    new k8s.core.v1.Service(name, { metadata: metadata(), spec }, { parent: this, dependsOn: deployment });
    const budget = { maxUnavailable: 1, selector: podSelector };
    new k8s.policy.v1.PodDisruptionBudget(name, { metadata: metadata(), spec: budget }, { parent: this });
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata: metadata(),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: NAME },
          minReplicas: config.minReplicas,
          maxReplicas: config.maxReplicas,
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: config.cpuTarget } },
            },
          ],
          behavior: { scaleDown: { stabilizationWindowSeconds: CALM_SECONDS } },
        },
      },
      { parent: this, dependsOn: deployment },
    );
    this.url = pulumi.interpolate`http://${NAME}.${home.namespace}`;
    this.registerOutputs({ url: this.url });
  }
}
