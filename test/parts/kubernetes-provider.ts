import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { CheckFailure, DiffResult, Provider } from "@pulumi/pulumi/provider/index.js";
import {
  type ApplyOptions,
  createKubernetesClient,
  type KubernetesClient,
  KubernetesError,
  type KubernetesObject,
  type KubernetesReference,
} from "./kubernetes-client.ts";
import { hasUnknown, keepSecrets, plain } from "./pulumi-values.ts";

/** What a program gives for a resource, or Pulumi has stored of it: an object with Pulumi's marks in it. */
interface Properties {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, unknown>>;
  };
  readonly [field: string]: unknown;
}

/**
 * Pulumi's provider protocol over server-side apply. It shows that a program's objects reach a real API server and
 * what that says of them. It does not show the real provider's way to compare, to wait and to replace.
 */
export function createKubernetesProvider(kubeconfig: string): Provider {
  const client = createKubernetesClient(kubeconfig);
  return {
    async check(urn, olds: Properties | undefined, news: Properties) {
      const inputs = withName(urn, olds, news);
      // What is known only after other resources were made can't be asked of the server yet.
      // As the real provider does: whether something is there already shows when it is made.
      const options = { dryRun: true, ...ownership(urn, inputs), ...(olds === undefined && { force: true }) };
      return { inputs, failures: hasUnknown(inputs) ? [] : await refusals(client, objectOf(inputs), options) };
    },

    async diff(_id, urn, olds: Properties, news: Properties): Promise<DiffResult> {
      if (hasUnknown(news)) return { changes: true };
      const [before, after] = [objectOf(olds), objectOf(news)];
      const replaces = changedIdentity(before, after);
      if (replaces.length > 0) return { changes: true, replaces };
      try {
        const { object } = await client.apply(after, { dryRun: true, ...ownership(urn, news) });
        const live = await client.read(before);
        return { changes: live === undefined || !isDeepStrictEqual(settings(object), settings(live)) };
      } catch (error) {
        // The old object must go before the new one takes its name, unless that gets another.
        const deleteBeforeReplace = !isAutonamed(news);
        if (isImmutable(error)) return { changes: true, replaces: ["spec"], deleteBeforeReplace };
        throw error;
      }
    },

    async create(urn, inputs: Properties) {
      const { object } = await client.apply(objectOf(inputs), ownership(urn, inputs));
      return { id: idOf(object), outs: keepSecrets(inputs, settings(object)) };
    },

    async update(_id, urn, _olds, news: Properties) {
      const { object } = await client.apply(objectOf(news), ownership(urn, news));
      return { outs: keepSecrets(news, settings(object)) };
    },

    async read(id, urn, props: Properties) {
      const isImport = props.kind === undefined;
      const object = await client.read(isImport ? referenceOf(id, urn) : objectOf(props));
      // An empty id tells Pulumi that the resource is gone.
      if (!object) return { id: "", props: {} };
      return { id, props: keepSecrets(props, settings(object)), ...(isImport ? { inputs: settings(object) } : {}) };
    },

    async delete(_id, _urn, props: Properties) {
      await client.delete(objectOf(props));
    },
  };
}

/** Where a program names no object, Pulumi's name of the resource with a random end, so that two stacks don't collide. */
function withName(urn: string, olds: Properties | undefined, news: Properties): Properties {
  if (news.metadata?.name !== undefined) return news;
  const name = olds?.metadata?.name ?? `${urn.split("::").at(-1)}-${randomBytes(4).toString("hex")}`;
  const annotations = { ...news.metadata?.annotations, [AUTONAMED]: "true" };
  return { ...news, metadata: { ...news.metadata, name, annotations } };
}

const AUTONAMED = "pulumi.com/autonamed";

function isAutonamed({ metadata }: Properties): boolean {
  return metadata?.annotations?.[AUTONAMED] === "true";
}

/** Each resource is a manager of its own; what others set it takes over only where it is told so. */
function ownership(urn: string, { metadata }: Properties): Pick<ApplyOptions, "manager" | "force"> {
  const manager = `pulumi-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
  return { manager, force: metadata?.annotations?.["pulumi.com/patchForce"] === "true" };
}

function objectOf(properties: Properties): KubernetesObject {
  return plain(properties) as KubernetesObject;
}

/** Why the server would not take the object. */
async function refusals(
  client: KubernetesClient,
  object: KubernetesObject,
  options: ApplyOptions,
): Promise<CheckFailure[]> {
  try {
    await client.apply(object, options);
    return [];
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    // Its namespace or its kind may be made by the same program; a change that is refused in place is a replacement.
    return error.status === 404 || isImmutable(error) ? [] : [{ property: "", reason: error.message }];
  }
}

function isImmutable(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 422 && /immutable/.test(error.message);
}

/** Properties that make it another object. */
function changedIdentity(before: KubernetesObject, after: KubernetesObject): string[] {
  // The server fills in the namespace, if the kind has one.
  const { namespace = before.metadata.namespace && "default", name } = after.metadata;
  return [
    ...(after.kind === before.kind ? [] : ["kind"]),
    ...(name === before.metadata.name ? [] : ["metadata.name"]),
    ...(namespace === before.metadata.namespace ? [] : ["metadata.namespace"]),
  ];
}

/** What the server counts or a controller reports by itself, so that its change is no drift. */
const BOOKKEEPING = new Set(["managedFields", "resourceVersion", "generation"]);
const REVISION = "deployment.kubernetes.io/revision";

function settings({ status: _status, ...object }: KubernetesObject): KubernetesObject {
  const metadata = Object.entries(object.metadata).filter(([name]) => !BOOKKEEPING.has(name));
  const { annotations, ...rest } = Object.fromEntries(metadata) as KubernetesObject["metadata"] & {
    annotations?: Record<string, string>;
  };
  const kept = Object.entries(annotations ?? {}).filter(([name]) => name !== REVISION);
  const withAnnotations = kept.length > 0 ? { ...rest, annotations: Object.fromEntries(kept) } : rest;
  return { ...object, metadata: withAnnotations } as KubernetesObject;
}

/** As the real provider forms it. */
function idOf({ metadata: { namespace, name } }: KubernetesObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The object of an import, by its id and its type, such as `kubernetes:apps/v1:Deployment`. */
function referenceOf(id: string, urn: string): KubernetesReference {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const [, version = "", kind = ""] = type.split(":");
  const [namespace, name] = id.includes("/") ? (id.split("/") as [string, string]) : [undefined, id];
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion: version.replace(/^core\//, ""), kind, metadata };
}
