import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesClient, KubernetesObject } from "./kubernetes-client.ts";

const POLL_MS = 200;

/**
 * Says of all pods of a namespace that they are ready, and of those of Jobs that they have ended well, as a kubelet would
 * of containers that run: for what waits for pods where there is no node. Resolves, with how to stop it, at once.
 */
export function pretendReadyPods(client: KubernetesClient, namespace: string): () => Promise<void> {
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      const pods = await client.list("v1", "Pod", namespace).catch(() => []);
      for (const pod of pods) await pretend(client, pod).catch(() => {});
      await sleep(POLL_MS);
    }
  })();
  return async () => {
    stopped = true;
    await running;
  };
}

async function pretend(client: KubernetesClient, { metadata, spec, status }: KubernetesObject): Promise<void> {
  const {
    namespace,
    name,
    ownerReferences = [],
    deletionTimestamp,
  } = metadata as KubernetesObject["metadata"] & {
    ownerReferences?: { kind: string }[];
  };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  if (deletionTimestamp) {
    await client.request("DELETE", path, { gracePeriodSeconds: 0 });
    return;
  }
  const { phase } = status as { phase?: string };
  if (phase === "Running" || phase === "Succeeded") return;
  const isJob = ownerReferences.some(({ kind }) => kind === "Job");
  const now = new Date().toISOString();
  const containers = (spec as { containers: { name: string; image: string }[] }).containers;
  const state = isJob
    ? { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now } }
    : { running: { startedAt: now } };
  await client.request("PUT", `${path}/status`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec,
    status: {
      phase: isJob ? "Succeeded" : "Running",
      startTime: now,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
        type,
        status: isJob && type.endsWith("Ready") ? "False" : "True",
        lastTransitionTime: now,
      })),
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: !isJob,
        restartCount: 0,
        state,
      })),
    },
  });
}
