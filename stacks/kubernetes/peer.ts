import { bad, fieldsOf, isBad, listOf, type Reader, recordOf } from "../config-values.ts";
import { cidr, dnsLabel, labelKey, labelValue } from "./values.ts";

/** Who may connect: addresses, or pods by where they are. */
export interface Peer {
  readonly cidr?: string;
  readonly namespace?: string;
  readonly pods?: Readonly<Record<string, string>>;
}

const peer: Reader<Peer> = (value) => {
  const read = fieldsOf<Required<Peer>>({ cidr, namespace: dnsLabel, pods: recordOf(labelValue, labelKey) })(value);
  if (isBad(read)) return read;
  const isPods = read.namespace !== undefined || read.pods !== undefined;
  if ((read.cidr === undefined) === isPods) return read;
  return bad("either cidr, or namespace and pods (one of them or both)", value);
};

export const peers: Reader<readonly Peer[]> = listOf(peer);
