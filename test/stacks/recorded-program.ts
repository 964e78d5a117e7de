import * as pulumi from "@pulumi/pulumi";
import { partId, topicId } from "../../stacks/pulsar/names.ts";
import { SECRET_KEYS } from "./example-config.ts";

/** What a Pulumi program asked the engine for. */
export interface RecordedResource {
  readonly urn: string;
  /** `pulsar:Topic`, `kubernetes:apps/v1:Deployment`, `fivefold:pulsar:UseCase`. */
  readonly type: string;
  readonly name: string;
  /** Whether it is no component. */
  readonly custom: boolean;
  /** URN of the component that it is part of. */
  readonly parent: string | undefined;
  /** URNs of what has to be there before. */
  readonly dependencies: readonly string[];
  /** Whether it outlives its removal from the stack. */
  readonly retained: boolean;
  /** As they are sent to the engine; `isSecret` knows those that it must encrypt. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface RecordingOptions {
  readonly config?: Readonly<Record<string, string>>;
  readonly stack?: string;
  /** Ids are unknown then. */
  readonly preview?: boolean;
}

/** A request to the engine: Pulumi's own mocks don't pass on parents, dependencies, and which part is secret. */
interface Request {
  getParent(): string;
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getDependenciesList(): string[];
  getRetainondelete(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

type Register = (request: Request, answer: (error: unknown, response: { getUrn(): string }) => void) => Promise<void>;

/** Runs a program without an engine, and resolves with all resources that it declares. */
export async function recordProgram(
  program: () => unknown,
  { config = {}, stack = "production", preview = false }: RecordingOptions = {},
): Promise<readonly RecordedResource[]> {
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => ({
      id: preview ? undefined : idOf(type, name, inputs),
      state: type.startsWith("kubernetes:") ? withName(name, inputs) : inputs,
    }),
    call: ({ token }) => {
      throw new Error(`The program calls ${token}: nothing here answers.`);
    },
  };
  await pulumi.runtime.setMocks(mocks, "shop", stack, preview);
  pulumi.runtime.setAllConfig({ ...config }, SECRET_KEYS);

  const resources: RecordedResource[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: Register };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, answer) =>
    register(request, (error, response) => {
      if (!error) resources.push(recorded(request, response.getUrn()));
      answer(error, response);
    });
  await program();
  await pulumi.runtime.disconnect();
  return resources.toSorted((a, b) => (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1));
}

function recorded(request: Request, urn: string): RecordedResource {
  const [type, name] = [request.getType(), request.getName()];
  const { __provider: provider, ...inputs } = request.getObject()?.toJavaScript() ?? {};
  if (type.startsWith("pulumi-nodejs:")) refuseCode(name, provider);
  return {
    urn,
    type: type.replace("pulumi-nodejs:dynamic/", ""),
    name,
    custom: request.getCustom(),
    parent: request.getParent() || undefined,
    dependencies: request.getDependenciesList().toSorted(),
    retained: request.getRetainondelete(),
    inputs,
  };
}

/** Pulumi's own name for an object that the program gives none; its end is random there. */
export function autonamed(name: string): string {
  return `${name}-auto`;
}

function withName(name: string, { metadata, ...inputs }: Record<string, unknown>): Record<string, unknown> {
  return { ...inputs, metadata: { name: autonamed(name), ...(metadata as object) } };
}

/** As the providers name things. */
function idOf(type: string, name: string, inputs: Record<string, unknown>): string {
  const { namespace, topic, tenant, role } = inputs as Record<string, string>;
  if (type.endsWith(":Topic")) return topicId({ namespace: namespace ?? "", topic: topic ?? "" });
  if (type.endsWith(":Subscription")) return partId(topic ?? "", String(inputs.name));
  if (type.endsWith(":Permission")) return partId(topic ?? "", role ?? "");
  return namespace ?? tenant ?? name;
}

/** A provider's code in the state would make every release of the package a change of every resource. */
function refuseCode(name: string, provider: unknown): void {
  if (typeof provider === "string" && /^exports\.handler = .{1,200}$/.test(provider)) return;
  throw new Error(`Resource '${name}' carries its provider's code: ${String(provider).slice(0, 200)}`);
}

/** How Pulumi marks a value as secret. */
const MARK = "4dabf18193072939515e22adb298388d";

export function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && MARK in value;
}

/** A resource's inputs as its provider gets them: with secrets in plain. */
export function plainInputs({ inputs, type, name }: RecordedResource): Readonly<Record<string, unknown>> {
  const known = plain(inputs) as Record<string, unknown>;
  return type.startsWith("kubernetes:") ? withName(name, known) : known;
}

function plain(value: unknown): unknown {
  if (isSecret(value)) return plain((value as { value: unknown }).value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

/** A resource by its type's end and its name; there has to be exactly one. */
export function only(resources: readonly RecordedResource[], type: string, name?: string): RecordedResource {
  const found = resources.filter(
    (resource) => resource.type.endsWith(`:${type}`) && (name === undefined || resource.name === name),
  );
  const [first, ...more] = found;
  if (first && more.length === 0) return first;
  throw new Error(`There are ${found.length} of ${type} ${name ?? ""}, among ${resources.map(title).join(", ")}.`);
}

export function title({ type, name }: RecordedResource): string {
  return `${type} ${name}`;
}
