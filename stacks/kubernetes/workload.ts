import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Egress } from "../use-case-config.ts";
import { labelsOf, selectorLabels, type Workload } from "./labels.ts";
import { networkPolicy } from "./network-policy.ts";
import { podTemplate } from "./pod.ts";
import { CERTIFICATES_KEY, environmentOf, type Services, secretsOf } from "./services.ts";

/** What all processes of a home have in common. */
export interface Home {
  /** The Kubernetes namespace. */
  readonly namespace: string;
  readonly imagePullSecrets: readonly string[];
  readonly services: Omit<Services, "pulsarToken">;
  /** The Kubernetes namespace that metrics are collected from. */
  readonly monitoringNamespace: string;
}

export interface WorkloadSettings {
  /** Of all its objects. */
  readonly objectName: string;
  readonly workload: Workload;
  readonly home: Home;
  readonly pulsarToken: pulumi.Input<string> | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly image: pulumi.Input<string>;
  /** Arguments of the `fivefold` command. */
  readonly args: readonly string[];
  /** Absent: something else counts replicas, and a number here would set them back at every change. */
  readonly replicas: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly envSecrets: readonly string[];
  readonly egress: readonly Egress[];
  readonly cpu: string;
  readonly memory: string;
  readonly drainSeconds: number;
}

export interface CreatedWorkload {
  readonly deployment: k8s.apps.v1.Deployment;
  /** For objects that belong to it. */
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

/** A Deployment, and what its pods need: an account, settings, secrets, and a way through the network. */
export function createWorkload(name: string, settings: WorkloadSettings, parent: pulumi.Resource): CreatedWorkload {
  const { objectName, workload, home, annotations } = settings;
  const services: Services = { ...home.services, pulsarToken: settings.pulsarToken };
  const metadata = { name: objectName, namespace: home.namespace, labels: labelsOf(workload), annotations };
  const podSelector = { matchLabels: selectorLabels(workload) };
  const environment = { ...settings.env, ...environmentOf(services) };
  const { trustedCertificates } = services;
  const certificates = trustedCertificates === undefined ? {} : { [CERTIFICATES_KEY]: trustedCertificates };

  const data = { ...environment, ...certificates };
  const podLabels = podSelector.matchLabels;
  const { monitoringNamespace, imagePullSecrets } = home;
  const policySpec = networkPolicy({ podLabels, services, egress: settings.egress, monitoringNamespace });
  const template = podTemplate({ ...settings, imagePullSecrets, services, environment });

  const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, { parent });
  const configMap = new k8s.core.v1.ConfigMap(name, { metadata, data }, { parent });
  const secret = new k8s.core.v1.Secret(name, { metadata, stringData: secretsOf(services) }, { parent });
  const policy = new k8s.networking.v1.NetworkPolicy(name, { metadata, spec: policySpec }, { parent });
  const spec = {
    ...(settings.replicas === undefined ? {} : { replicas: settings.replicas }),
    selector: podSelector,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
    template,
  };
  const deployment = new k8s.apps.v1.Deployment(
    name,
    { metadata, spec },
    { parent, dependsOn: [account, configMap, secret, policy] },
  );
  return { deployment, metadata, podSelector };
}
