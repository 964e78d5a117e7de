import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { BadValue, bad, fieldsOf, isBad, listOf, type Reader, recordOf, whole } from "../config-values.ts";
import { cidr, dnsLabel, labelKey, labelValue } from "./values.ts";

/** A port of TCP by its number, or one of UDP: `5353/UDP`. */
export type EgressPort = number | `${number}/UDP`;

/** Where pods may connect to: addresses, or pods by where they are. */
export interface Egress {
  /** Addresses: `10.0.0.0/8`. */
  readonly cidr?: pulumi.Input<string>;
  /** A Kubernetes namespace, whose pods may be connected to. */
  readonly namespace?: pulumi.Input<string>;
  /** Labels of the pods; without `namespace` those of the executors' own. */
  readonly pods?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Ports that listen there: those of pods, where a Service has others. */
  readonly ports: readonly EgressPort[];
}

const port: Reader<EgressPort> = (value) => {
  const udp = typeof value === "string" ? /^([1-9]\d*)\/UDP$/.exec(value)?.[1] : undefined;
  const number = whole(1, 65_535)(udp ?? value);
  if (isBad(number)) return bad('a port from 1 to 65535, or of UDP like "53/UDP"', value);
  return udp === undefined ? number : `${number}/UDP`;
};

const fields = fieldsOf<Required<Egress>>({
  cidr,
  namespace: dnsLabel,
  pods: recordOf(labelValue, labelKey),
  ports: listOf(port),
});

const rule: Reader<Egress> = (value) => {
  const read = fields(value);
  if (isBad(read)) return read;
  const { cidr, namespace, pods, ports = [] } = read;
  const isPlace = cidr === undefined ? namespace !== undefined || pods !== undefined : !namespace && !pods;
  if (ports.length > 0 && isPlace) return { ...read, ports };
  return new BadValue(
    `must have ports, and either cidr or namespace and pods (one of them or both), found ${JSON.stringify(value)}`,
  );
};

export const egress: Reader<readonly Egress[]> = listOf(rule);

/** The labels by which every namespace is known. */
export const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/** Addresses, or pods. */
export function peerOf({ cidr, namespace, pods }: Omit<Egress, "ports">): types.input.networking.v1.NetworkPolicyPeer {
  if (cidr !== undefined) return { ipBlock: { cidr } };
  return {
    ...(namespace !== undefined && { namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: namespace } } }),
    ...(pods !== undefined && { podSelector: { matchLabels: pods } }),
  };
}

export function egressRule({ ports, ...place }: Egress): types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [peerOf(place)],
    ports: ports.map((port) =>
      typeof port === "number" ? { protocol: "TCP", port } : { protocol: "UDP", port: Number.parseInt(port, 10) },
    ),
  };
}
