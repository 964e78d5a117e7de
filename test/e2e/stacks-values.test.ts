import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isBad, type Reader } from "../../stacks/config-values.ts";
import {
  annotationKey,
  annotationValue,
  cidr,
  cpu,
  dnsLabel,
  envName,
  envValue,
  labelKey,
  labelValue,
  memory,
  objectName,
} from "../../stacks/kubernetes/values.ts";
import { type KubernetesApi, startKubernetesApi } from "../parts/kubernetes-api.ts";
import { KubernetesError, type KubernetesObject } from "../parts/kubernetes-client.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";

/*
 * The rules that a preview reads values by, held to a real API server: whatever they take the server takes, and stores
 * as it was read. What they refuse beyond the server (memory that nothing starts in) is in test/stacks/config-values.
 */

let api: KubernetesApi;

beforeAll(async () => {
  api = await startKubernetesApi();
}, INSTALL_TIMEOUT_MS);

afterAll(() => api?.stop());

type Change = (value: string) => KubernetesObject;

const metadata = { name: "a", namespace: "default" };
const configMap = (more: object, data: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...metadata, ...more },
  ...(Object.keys(data).length > 0 && { data }),
});
const pod = (container: object): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { containers: [{ name: "a", image: "a", ...container }] },
});

const WORDS = [
  "",
  "a",
  "A",
  "1",
  "-",
  ".",
  "_",
  "/",
  " ",
  "ä",
  "example.com/",
  "0",
  "m",
  "Mi",
  "b".repeat(62),
  "d".repeat(251),
];
const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }).map((parts) => parts.join(""));
const address = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: -1, max: 33 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: -1, max: 129 })).map(([ip, bits]) => `${ip}/${bits}`),
);
const quantity = fc
  .tuple(
    fc.integer({ min: 0, max: 4_000 }),
    fc.constantFrom("", ".5", ".25", "."),
    fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E6", "mi", "B"),
  )
  .map((parts) => parts.join(""));

const RULES: readonly [string, Reader<string>, fc.Arbitrary<string>, Change][] = [
  ["namespaces", dnsLabel, words, (name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })],
  ["names of objects", objectName, words, (name) => configMap({ name })],
  ["label keys", labelKey, words, (key) => configMap({ labels: { [key]: "a" } })],
  ["label values", labelValue, words, (value) => configMap({ labels: { a: value } })],
  ["annotation keys", annotationKey, words, (key) => configMap({ annotations: { [key]: "a" } })],
  ["annotation values", annotationValue, fc.string(), (value) => configMap({ annotations: { a: value } })],
  ["names of variables", envName, words, (name) => pod({ env: [{ name, value: "a" }] })],
  ["names of variables as keys", envName, words, (name) => configMap({}, { [name]: "a" })],
  ["values of variables", envValue, fc.string(), (value) => configMap({}, { A: value })],
  [
    "memory",
    memory,
    quantity,
    (value) => pod({ resources: { requests: { memory: value }, limits: { memory: value } } }),
  ],
  ["CPU", cpu, quantity, (value) => pod({ resources: { requests: { cpu: value } } })],
  [
    "blocks of addresses",
    cidr,
    address,
    (value) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ ipBlock: { cidr: value } }] }] },
    }),
  ],
];

test.each(RULES)(
  "%s that a preview takes, the server takes, and stores as they were read",
  async (_, read, values, objectOf) => {
    let asked = 0;
    const refusedByUsAlone: string[] = [];
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const taken = read(value);
        const object = objectOf(isBad(taken) ? value : taken);
        const answer = await api.client.apply(object, { dryRun: true }).catch((error: unknown) => error);
        if (isBad(taken)) {
          if (!(answer instanceof Error)) refusedByUsAlone.push(value);
          return;
        }
        asked++;
        if (answer instanceof KubernetesError) throw new Error(`${JSON.stringify(value)}: ${answer.message}`);
        expect((answer as { object: KubernetesObject }).object).toMatchObject(object);
      }),
      { numRuns: 150, seed: 19 },
    );
    expect(asked).toBeGreaterThan(5);
    if (process.env.SHOW_REFUSED) process.stderr.write(`${JSON.stringify([...new Set(refusedByUsAlone)])}\n`);
  },
);
