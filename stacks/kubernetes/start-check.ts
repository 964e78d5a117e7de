import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelsOf, type ObjectMetadata, type Workload } from "./labels.ts";
import type { PodTemplate } from "./pod.ts";

export interface StartCheckSettings {
  /** Without a name: every change makes another Job. */
  readonly metadata: Omit<ObjectMetadata, "name">;
  /** Of the workload whose start is checked. */
  readonly template: PodTemplate;
  readonly workload: Workload;
  /** Arguments of the `fivefold` command, with which the process shows that it could start, and ends. */
  readonly args: readonly string[];
  readonly rolloutSeconds: number;
}

/**
 * A Job that starts once what a workload without replicas would start later, so that a broken image or setting ends the
 * deployment now and not at the first task.
 */
export function createStartCheck(
  name: string,
  { metadata, template, workload, args, rolloutSeconds }: StartCheckSettings,
  parent: pulumi.Resource,
  dependsOn: readonly pulumi.Resource[],
): k8s.batch.v1.Job {
  const [container] = template.spec.containers;
  const { startupProbe: _1, livenessProbe: _2, readinessProbe: _3, ports: _4, ...rest } = container;
  const { topologySpreadConstraints: _, ...pod } = template.spec;
  const labels = labelsOf({ ...workload, component: "start-check" });
  return new k8s.batch.v1.Job(
    `${name}-start-check`,
    {
      // One that has failed stays so: what was wrong with it may be mended without a change of its own.
      metadata: { ...metadata, labels, annotations: { ...metadata.annotations, "pulumi.com/replaceUnready": "true" } },
      spec: {
        // A broker that is busy for a moment is no broken image.
        backoffLimit: 2,
        activeDeadlineSeconds: rolloutSeconds,
        template: {
          metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...labels } },
          spec: { ...pod, restartPolicy: "Never", containers: [{ ...rest, args: [...args] }] },
        },
      },
    },
    { parent, dependsOn: [...dependsOn], customTimeouts: { create: `${rolloutSeconds + 30}s` } },
  );
}
