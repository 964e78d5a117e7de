import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../stacks/config.ts";
import type { ManifestTarget, ManifestUseCase } from "../../stacks/manifest.ts";
import { PRODUCTION, SECRET_KEYS } from "./example-config.ts";
import { GREET } from "./greet.ts";

const [MAIL, PUSH] = GREET.settings.subscribers as [
  ManifestUseCase["settings"]["subscribers"][number],
  ManifestUseCase["settings"]["subscribers"][number],
];

function sending(mail: ManifestTarget, push: ManifestTarget | null = null): ManifestUseCase {
  const subscribers = [
    { ...MAIL, target: mail },
    { ...PUSH, target: push },
  ];
  return { ...GREET, settings: { ...GREET.settings, subscribers } };
}

const SERVICE: ManifestTarget = { kind: "service", name: "thumb-nails" };
const SECRETS = JSON.stringify({
  greet: { FIVEFOLD_SIGNING_SECRET_THUMB_NAILS: "whsec_x", FIVEFOLD_AZURE_KEY_IMAGES: "k" },
});

function read(useCase: ManifestUseCase, config: Readonly<Record<string, unknown>>) {
  const texts = Object.entries({ secretEnv: SECRETS, ...config }).map(([key, value]) => [
    `fivefold:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const base = { ...PRODUCTION, "fivefold:useCases": "{}", "fivefold:pulsarTokens": '{"*": "t"}' };
  pulumi.runtime.setAllConfig({ ...base, ...Object.fromEntries(texts) }, SECRET_KEYS);
  return readConfig([useCase, { ...GREET, name: "other" }]);
}

test("an executor is told where its targets are, and let to them and to nothing else", () => {
  const config = read(sending(SERVICE, { kind: "azure", name: "images" }), {
    targets: {
      "thumb-nails": { url: "http://thumbs.images.svc.cluster.local:80", pods: { app: "thumbs" }, podPorts: [3000] },
      images: { url: "https://images.azurewebsites.net" },
    },
    targetNetworks: ["10.96.0.0/12", "10.244.0.0/16"],
  });
  const { env, egress } = config.useCase("greet");
  expect(env).toEqual({
    FIVEFOLD_SERVICE_THUMB_NAILS: "http://thumbs.images.svc.cluster.local:80",
    FIVEFOLD_AZURE_IMAGES: "https://images.azurewebsites.net",
    FIVEFOLD_SERVICE_NETWORKS: "10.96.0.0/12,10.244.0.0/16",
  });
  expect(egress).toEqual([
    { namespace: "images", pods: { app: "thumbs" }, ports: [3000] },
    { cidr: "0.0.0.0/0", ports: [443] },
    { cidr: "::/0", ports: [443] },
  ]);
  expect(config.useCase("other")).toMatchObject({ env: {}, egress: [] });
});

test("addresses that are written as such are let to alone", () => {
  const url = "http://10.1.2.3:8080,http://[fd00::1]:8080";
  const config = read(sending(SERVICE), { targets: { "thumb-nails": { url } }, targetNetworks: ["10.0.0.0/8"] });
  expect(config.useCase("greet").egress).toEqual([
    { cidr: "10.1.2.3/32", ports: [8080] },
    { cidr: "fd00::1/128", ports: [8080] },
  ]);
});

test("a Lambda function is known by its ARN, or its region", () => {
  const lambda: ManifestTarget = { kind: "lambda", name: "resize" };
  const arn = "arn:aws:lambda:eu-west-1:123456789012:function:resize";
  expect(read(sending(lambda), { targets: { resize: { function: arn } } }).useCase("greet").env).toEqual({
    FIVEFOLD_LAMBDA_RESIZE: arn,
  });
  expect(read(sending(lambda), { targets: { resize: { region: "eu-west-1" } } }).useCase("greet")).toMatchObject({
    env: { AWS_REGION: "eu-west-1" },
    egress: [{ cidr: "0.0.0.0/0", ports: [443] }, { cidr: "::/0" }],
  });
});

describe("a preview refuses", () => {
  const url = "https://thumbs.example.com";
  test.each<[string, Readonly<Record<string, unknown>>, string, ManifestTarget?]>([
    ["a target that is nowhere", {}, "nothing says where it is. Set fivefold:targets.thumb-nails.url"],
    [
      "one without a secret",
      { targets: { "thumb-nails": { url } }, secretEnv: "{}" },
      `pulumi config set --secret --path 'fivefold:secretEnv["greet"].FIVEFOLD_SIGNING_SECRET_THUMB_NAILS'`,
    ],
    [
      "one in the cluster, to which nothing would be sent",
      { targets: { "thumb-nails": { url: "http://a.b.svc" } } },
      "Set fivefold:targetNetworks",
    ],
    ["one that no use case has", { targets: { thumbnail: { url } } }, "fivefold:targets.thumbnail is no target"],
    ["no URL", { targets: { "thumb-nails": { url: "thumbs:80" } } }, "fivefold:targets.thumb-nails.url must be"],
    ["a metadata address", { targets: { "thumb-nails": { url: "http://169.254.169.254" } } }, "no link-local address"],
    ["the same as a number", { targets: { "thumb-nails": { url: "http://2852039166" } } }, "no link-local address"],
    ["a port that is none", { targets: { "thumb-nails": { url, podPorts: [0] } } }, "targets.thumb-nails.podPorts[0]"],
    ["a key that is none", { targets: { "thumb-nails": { url, port: 1 } } }, "fivefold:targets.thumb-nails.port"],
    ["a network that is none", { targetNetworks: ["10.0.0.1/8"] }, "fivefold:targetNetworks[0]"],
    ["a region that is none", { targets: { resize: { region: "Europe" } } }, "targets.resize.region"],
    [
      "a Lambda function that is nowhere",
      {},
      "nothing says in which region it is. Set fivefold:targets.resize.region",
      { kind: "lambda", name: "resize" },
    ],
    [
      "an Azure function app without a key",
      { targets: { images: { url } }, secretEnv: "{}" },
      "FIVEFOLD_AZURE_KEY_IMAGES",
      { kind: "azure", name: "images" },
    ],
  ])("%s", (_, config, message, target = SERVICE) => {
    expect(() => read(sending(target), config)).toThrow(message);
  });
});
