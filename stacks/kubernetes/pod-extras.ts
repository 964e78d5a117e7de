import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { BadValue, bad, fieldsOf, isBad, listOf, matching, type Reader, recordOf, whole } from "../config-values.ts";
import { annotationKey, annotationValue, dnsLabel, labelKey, labelValue, objectName } from "./values.ts";

/** What a platform wants of pods, beyond what executors need. By code, parts may be known only once others were made. */
export interface PodExtras {
  readonly labels?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Of the service account: `eks.amazonaws.com/role-arn` for IRSA, `azure.workload.identity/client-id`. */
  readonly serviceAccountAnnotations?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly nodeSelector?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly tolerations?: readonly types.input.core.v1.Toleration[];
  readonly priorityClassName?: string;
  /** Containers beside the executor's; they start before it and end after it, and are as restricted unless they say otherwise. */
  readonly sidecars?: readonly types.input.core.v1.Container[];
  readonly volumes?: readonly types.input.core.v1.Volume[];
  /** Of the executor's container. */
  readonly volumeMounts?: readonly types.input.core.v1.VolumeMount[];
}

/** Which the stack gives pods itself: its selectors and policies find them by these. */
const OWN_LABELS = /^(app\.kubernetes\.io\/(name|instance|component|part-of|managed-by)|fivefold\.dev\/.*)$/;

const ownLabelKey: Reader<string> = (value) => {
  const key = labelKey(value);
  return isBad(key) || !OWN_LABELS.test(key)
    ? key
    : bad("another label than those that the stack gives pods itself", key);
};

const VOLUMES_TAKEN = /^(tmp|pulsar-token|certificates|gateway-tokens)$/;
const PATHS_TAKEN = /^(\/tmp|\/var\/run\/fivefold(\/.*)?|\/executor)\/*$/;

/** An object of Kubernetes with a name of its own. The API server, which a preview asks, reads the rest of it. */
function named<T>(...required: readonly string[]): Reader<T> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return bad("an object of Kubernetes", value);
    const { name } = value as { name?: unknown };
    const read = dnsLabel(name);
    if (isBad(read)) return new BadValue(read.problem, ".name");
    const missing = required.find((field) => typeof (value as Record<string, unknown>)[field] !== "string");
    return missing === undefined ? (value as T) : new BadValue(`has no ${missing}, which is a text`);
  };
}

const volume: Reader<types.input.core.v1.Volume> = (value) => {
  const read = named<types.input.core.v1.Volume>()(value);
  if (isBad(read) || !VOLUMES_TAKEN.test(String(read.name))) return read;
  return new BadValue(`is '${read.name}', which executors have themselves: choose another name`, ".name");
};

const volumeMount: Reader<types.input.core.v1.VolumeMount> = (value) => {
  const read = named<types.input.core.v1.VolumeMount>("mountPath")(value);
  if (isBad(read) || !PATHS_TAKEN.test(String(read.mountPath))) return read;
  return new BadValue(`is '${read.mountPath}', where executors have files themselves: choose another`, ".mountPath");
};

const sidecar: Reader<types.input.core.v1.Container> = (value) => {
  const read = named<types.input.core.v1.Container>("image")(value);
  if (isBad(read) || !/^(executor|gateway|capture|backlog-exporter)$/.test(String(read.name))) return read;
  return new BadValue(`is '${read.name}', which is the executor's own: choose another name`, ".name");
};

const toleration: Reader<types.input.core.v1.Toleration> = (value) => {
  const read = fieldsOf<{ key: string; operator: string; value: string; effect: string; tolerationSeconds: number }>({
    key: labelKey,
    operator: matching(/^(Exists|Equal)$/, "Exists or Equal"),
    value: labelValue,
    effect: matching(/^(NoSchedule|PreferNoSchedule|NoExecute)$/, "NoSchedule, PreferNoSchedule or NoExecute"),
    tolerationSeconds: whole(0, 2 ** 31 - 1),
  })(value);
  if (isBad(read)) return read;
  const { key, operator = "Equal", value: wanted = "", effect, tolerationSeconds } = read;
  if (key === undefined && operator !== "Exists") return new BadValue("has no key, which takes operator Exists");
  if (operator === "Exists" && wanted !== "") return new BadValue("has operator Exists, which takes no value");
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    return new BadValue("has tolerationSeconds, which takes effect NoExecute");
  }
  return read;
};

export const podExtras: Reader<PodExtras> = fieldsOf<PodExtras>({
  labels: recordOf(labelValue, ownLabelKey),
  annotations: recordOf(annotationValue, annotationKey),
  serviceAccountAnnotations: recordOf(annotationValue, annotationKey),
  nodeSelector: recordOf(labelValue, labelKey),
  tolerations: listOf(toleration),
  priorityClassName: objectName,
  sidecars: listOf(sidecar),
  volumes: listOf(volume),
  volumeMounts: listOf(volumeMount),
});
