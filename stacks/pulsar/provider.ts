import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { createPulsarAdmin } from "./admin-client.ts";
import { DATA_LOSS_GUARD } from "./data-loss-guard.ts";
import type { Kind, Surroundings } from "./kind.ts";
import { NAMESPACE } from "./namespace.ts";
import { PERMISSION } from "./permission.ts";
import { SCHEMA } from "./schema.ts";
import { SUBSCRIPTION } from "./subscription.ts";
import { TENANT } from "./tenant.ts";
import { TOPIC } from "./topic.ts";

type Properties = Record<string, unknown>;

/** How Pulumi writes what is known only after other resources were made. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const KINDS = [TENANT, NAMESPACE, TOPIC, SUBSCRIPTION, SCHEMA, PERMISSION, DATA_LOSS_GUARD];

/**
 * The provider of one kind of resource, as Pulumi's host of dynamic resources takes it. State refers to it by this name
 * and that of the kind: neither may change.
 */
export function providerOf(kindName: string): pulumi.dynamic.ResourceProvider {
  const kind = KINDS.find(({ name }) => name === kindName);
  if (!kind) throw new Error(`fivefold knows no resource '${kindName}': a newer version made it. Update the package.`);
  return createProvider(kind as unknown as Kind<Properties>);
}

/** Pulumi's protocol over one kind. */
export function createProvider(kind: Kind<Properties>): pulumi.dynamic.ResourceProvider {
  let around: Surroundings | undefined;
  const surroundings = (): Surroundings => {
    if (!around) throw new Error("Pulumi did not configure the provider before it used it.");
    return around;
  };

  /** Why something that exists already is not made. */
  async function taken(inputs: Properties): Promise<string[]> {
    const { admin, imports, allowsLoss } = surroundings();
    const name = kind.importName?.(inputs);
    // What is deleted to be made anew is still there while Pulumi plans that, and has its loss allowed.
    if (name === undefined || imports(name) || allowsLoss(name)) return [];
    if (!(await kind.read(kind.idOf(inputs), inputs, admin))) return [];
    return [
      `${kind.name} '${kind.idOf(inputs)}' exists, and this stack did not make it. Remove it; or, to let the stack take it ` +
        `over and bring it in line: pulumi config set --path 'fivefold:import[0]' ${name}`,
    ];
  }

  /** Makes it where it is missing, and then what the inputs say. */
  async function bringInLine(id: string, inputs: Properties): Promise<void> {
    const { admin } = surroundings();
    let live = await kind.read(id, inputs, admin);
    if (!live) {
      await kind.create(inputs, admin);
      live = await kind.read(id, inputs, admin);
    }
    if (kind.update && live && !isSame(live, inputs)) await kind.update(live, inputs, admin);
  }

  /** Whether something was made, though making it failed. Who can't tell has to reckon with it. */
  async function mayExist(id: string, inputs: Properties): Promise<boolean> {
    const { admin } = surroundings();
    return kind.read(id, inputs, admin).then(
      (live) => live !== undefined,
      () => true,
    );
  }

  return {
    // Synchronous: Pulumi lets the next call in before it has waited for this one.
    async configure({ config }) {
      around = readSurroundings((key) => config.get(`fivefold:${key}`));
    },

    async check(oldProperties, newProperties) {
      const news = inputsOf(newProperties);
      if (Object.values(news).some(isUnknown)) return { inputs: newProperties };
      const olds = isEmpty(inputsOf(oldProperties)) ? undefined : inputsOf(oldProperties);
      const refused = (await kind.refusals?.(news, olds, surroundings())) ?? [];
      const reasons = olds ? refused : [...refused, ...(await taken(news))];
      return { inputs: newProperties, failures: reasons.map((reason) => ({ property: "", reason })) };
    },

    async diff(_id, oldProperties, newProperties) {
      const [olds, news] = [inputsOf(oldProperties), inputsOf(newProperties)];
      const moved = kind.identity.filter((property) => !isDeepStrictEqual(olds[property], news[property]));
      const remade = moved.length === 0 && kind.mustReplace?.(olds, news) === true;
      return {
        changes: !isSame(olds, news),
        replaces: remade ? Object.keys(news).filter((key) => !isDeepStrictEqual(olds[key], news[key])) : moved,
        deleteBeforeReplace: remade,
      };
    },

    async create(properties) {
      const inputs = inputsOf(properties);
      const refused = await taken(inputs);
      if (refused.length > 0) throw new Error(refused.join("\n"));
      const id = kind.idOf(inputs);
      try {
        await bringInLine(id, inputs);
      } catch (error) {
        if (!(await mayExist(id, inputs))) throw error;
        // Pulumi must know it, or the next run would take it for somebody else's.
        const { message } = error as Error;
        throw Object.assign(new Error(message), { id, properties, reasons: [message] });
      }
      return { id, outs: inputs };
    },

    async read(id, properties = {}) {
      const live = await kind.read(id, inputsOf(properties), surroundings().admin);
      return live ? { id, props: { ...live }, inputs: { ...live } } : { id: "", props: {} };
    },

    async update(id, _olds, properties) {
      const inputs = inputsOf(properties);
      await bringInLine(id, inputs);
      return { outs: inputs };
    },

    async delete(_id, properties) {
      await kind.remove(inputsOf(properties), surroundings());
    },
  };
}

/** The stack's config, as the program wrote it down for its resources. */
function readSurroundings(get: (key: string) => string | undefined): Surroundings {
  const adminUrl = get("pulsarAdminUrl");
  if (adminUrl === undefined) throw new Error("The stack has no fivefold:pulsarAdminUrl: pulumi config set it.");
  const allowed = new Set(names(get("allowDataLoss")));
  const imported = new Set(names(get("import")));
  return {
    admin: createPulsarAdmin({ adminUrl, token: get("pulsarAdminToken") }),
    allowsLoss: (...names) => names.some((name) => allowed.has(name)),
    imports: (name) => imported.has(name) || imported.has("*"),
  };
}

/** The program has checked before that it is a list of names. */
function names(value: string | undefined): readonly string[] {
  return value === undefined ? [] : (JSON.parse(value) as string[]);
}

function inputsOf({ __provider: _, ...inputs }: Properties): Properties {
  return inputs;
}

function isUnknown(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(isUnknown);
  return value === UNKNOWN;
}

function isEmpty(properties: Properties): boolean {
  return Object.keys(properties).length === 0;
}

function isSame(a: Properties, b: Properties): boolean {
  return isDeepStrictEqual(a, b);
}
