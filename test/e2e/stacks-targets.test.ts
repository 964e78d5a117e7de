import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy } from "../../stacks/deploy.ts";
import { type KubernetesApi, startKubernetesApi } from "../parts/kubernetes-api.ts";
import type { KubernetesObject } from "../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { PRODUCTION } from "../stacks/example-config.ts";
import { plainInputs, recordProgram } from "../stacks/recorded-program.ts";

/* A stack whose use cases send tasks to a service, to AWS Lambda and to Azure Functions, on a real API server. */

const ROOT = resolve(import.meta.dirname, "../scenarios/accepted-targets");
const {
  "fivefold:gateway": _,
  "fivefold:gatewayTokens": __,
  "fivefold:gatewayToken": ___,
  ...WITHOUT_GATEWAY
} = PRODUCTION;
const CONFIG = {
  ...WITHOUT_GATEWAY,
  "fivefold:useCases": "{}",
  "fivefold:pulsarTokens": '{"*": "token"}',
  "fivefold:secretEnv": JSON.stringify({
    "make-thumbnail": { FIVEFOLD_SIGNING_SECRET_THUMBNAILS: "whsec_secret" },
    resize: { FIVEFOLD_SIGNING_SECRET_RESIZER: "whsec_other", FIVEFOLD_AZURE_KEY_IMAGES: "key" },
  }),
  "fivefold:targets": JSON.stringify({
    thumbnails: {
      url: "http://thumbnails.images.svc:80",
      pods: { app: "thumbnails" },
      podPorts: [3_000],
      callbacksFrom: [{ namespace: "images", pods: { app: "thumbnails" } }],
    },
    resizer: { url: "http://10.1.2.3:8080" },
    images: { url: "https://images.azurewebsites.net" },
    resize: { function: "arn:aws:lambda:eu-west-1:123456789012:function:resize" },
  }),
  "fivefold:targetNetworks": '["10.0.0.0/8"]',
};

let api: KubernetesApi;
let objects: readonly KubernetesObject[];

beforeAll(async () => {
  const resources = await recordProgram(() => deploy({ root: ROOT }), { config: CONFIG });
  objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map((resource) => plainInputs(resource) as KubernetesObject);
  api = await startKubernetesApi();
  await api.client.apply(objects.find(({ kind }) => kind === "Namespace")!);
}, INSTALL_TIMEOUT_MS);

afterAll(() => api?.stop());

test("the server takes all of it", async () => {
  for (const object of objects) {
    const { object: stored, warnings } = await api.client.apply(object, { dryRun: true });
    expect(warnings).toEqual([]);
    const { stringData: _, ...sent } = object;
    expect(stored).toMatchObject(sent);
  }
});

test("each executor may reach its own targets, and nothing else besides what all need", () => {
  const ways = (name: string) => {
    const policy = objects.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === name)!;
    const { egress } = policy.spec as { egress: { to: object[]; ports: { port: number }[] }[] };
    return egress.map(({ to, ports }) => [to, ports.map(({ port }) => port)]);
  };
  const [thumbnail, resize] = [ways("make-thumbnail"), ways("resize")];
  const shared = thumbnail.filter((way) => resize.some((other) => JSON.stringify(other) === JSON.stringify(way)));
  const only = (of: typeof thumbnail) =>
    of.filter((way) => !shared.includes(way) && !JSON.stringify(shared).includes(JSON.stringify(way)));
  const images = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "images" } } };
  expect(only(thumbnail)).toEqual([[[{ ...images, podSelector: { matchLabels: { app: "thumbnails" } } }], [3_000]]]);
  expect(only(resize)).toEqual([
    [[{ ipBlock: { cidr: "0.0.0.0/0" } }], [443]],
    [[{ ipBlock: { cidr: "::/0" } }], [443]],
    [[{ ipBlock: { cidr: "10.1.2.3/32" } }], [8_080]],
  ]);
});

test("who may call back reaches the executor's own port, by a Service, and nobody else's", () => {
  const found = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name)?.spec as
      | { ports: object[]; selector: object; ingress: { from: object[]; ports: object[] }[] }
      | undefined;
  const service = found("Service", "make-thumbnail")!;
  expect(service.ports).toEqual([{ name: "http", port: 9_465, targetPort: "http", protocol: "TCP" }]);
  expect(service.selector).toMatchObject({ "app.kubernetes.io/name": "make-thumbnail" });
  const [, callbacks] = found("NetworkPolicy", "make-thumbnail")!.ingress;
  expect(callbacks).toEqual({
    from: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "images" } },
        podSelector: { matchLabels: { app: "thumbnails" } },
      },
    ],
    ports: [{ protocol: "TCP", port: 9_465 }],
  });
  expect(found("Service", "resize")).toBeUndefined();
  expect(found("NetworkPolicy", "resize")!.ingress).toHaveLength(1);
});

test("its container knows where they are, and its secrets stay in its Secret", () => {
  const container = (name: string) => {
    const deployment = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === name)!;
    const { template } = deployment.spec as {
      template: { spec: { containers: { env: { name: string; valueFrom: object }[] }[] } };
    };
    return template.spec.containers[0]!.env.map(({ name, valueFrom }) => `${name} ${Object.keys(valueFrom)}`);
  };
  expect(container("make-thumbnail")).toEqual(
    expect.arrayContaining([
      "FIVEFOLD_SERVICE_THUMBNAILS configMapKeyRef",
      "FIVEFOLD_SERVICE_NETWORKS configMapKeyRef",
      "FIVEFOLD_CALLBACK_URL configMapKeyRef",
      "FIVEFOLD_SIGNING_SECRET_THUMBNAILS secretKeyRef",
    ]),
  );
  expect(container("resize")).toEqual(
    expect.arrayContaining([
      "FIVEFOLD_SERVICE_RESIZER configMapKeyRef",
      "FIVEFOLD_AZURE_IMAGES configMapKeyRef",
      "FIVEFOLD_LAMBDA_RESIZE configMapKeyRef",
      "FIVEFOLD_AZURE_KEY_IMAGES secretKeyRef",
    ]),
  );
});
