import { expect, test } from "vitest";
import type { Kind } from "../../../stacks/pulsar/kind.ts";
import { createProvider, providerOf } from "../../../stacks/pulsar/provider.ts";

interface Flag {
  readonly name: string;
  readonly color: string;
  readonly size: number;
}

/** A kind of thing that lives in a map. */
function flags(stored: Map<string, Flag>, more: Partial<Kind<Flag>> = {}): Kind<Record<string, unknown>> {
  const kind: Kind<Flag> = {
    name: "Flag",
    idOf: ({ name }) => name,
    identity: ["name"],
    mustReplace: (from, to) => to.size < from.size,
    importName: ({ name }) => `flag:${name}`,
    refusals: async ({ color }) => (color === "red" ? ["Red means danger."] : []),
    read: async (id) => stored.get(id),
    create: async (flag) => void stored.set(flag.name, { ...flag, color: "white" }),
    update: async (_live, flag) => void stored.set(flag.name, flag),
    remove: async ({ name }) => void stored.delete(name),
    ...more,
  };
  return kind as unknown as Kind<Record<string, unknown>>;
}

async function configured(kind: Kind<Record<string, unknown>>, config: Readonly<Record<string, string>> = {}) {
  const provider = createProvider(kind);
  const all: Record<string, string> = { "fivefold:pulsarAdminUrl": "http://127.0.0.1:1", ...config };
  const get = (key: string) => all[key];
  await provider.configure?.({ config: { get, require: (key: string) => get(key) as string } });
  return provider;
}

const BLUE: Flag = { name: "a", color: "blue", size: 2 };

test("what is made is brought in line with its inputs, and read back so", async () => {
  const stored = new Map<string, Flag>();
  const provider = await configured(flags(stored));
  expect(await provider.create({ ...BLUE, __provider: "code" })).toEqual({ id: "a", outs: BLUE });
  expect(stored.get("a")).toEqual(BLUE);
  expect(await provider.read?.("a", { ...BLUE })).toEqual({ id: "a", props: BLUE, inputs: BLUE });
  expect(await provider.read?.("b", {})).toEqual({ id: "", props: {} });
  await provider.delete?.("a", BLUE);
  expect(stored.size).toBe(0);
});

test("differences are none, in place, or a replacement", async () => {
  const provider = await configured(flags(new Map()));
  const diff = (news: Partial<Flag>) => provider.diff?.("a", { ...BLUE, __provider: "old" }, { ...BLUE, ...news });
  expect(await diff({})).toEqual({ changes: false, replaces: [], deleteBeforeReplace: false });
  expect(await diff({ color: "green" })).toEqual({ changes: true, replaces: [], deleteBeforeReplace: false });
  expect(await diff({ name: "b" })).toEqual({ changes: true, replaces: ["name"], deleteBeforeReplace: false });
  expect(await diff({ size: 1 })).toEqual({ changes: true, replaces: ["size"], deleteBeforeReplace: true });
});

test("what somebody else made is neither previewed nor made, unless it is imported", async () => {
  const stored = new Map([["a", { ...BLUE, color: "green" }]]);
  const provider = await configured(flags(stored));
  const reason = expect.stringContaining("pulumi config set --path 'fivefold:import[0]' flag:a");
  expect(await provider.check?.({}, BLUE)).toEqual({ inputs: BLUE, failures: [{ property: "", reason }] });
  await expect(provider.create(BLUE)).rejects.toThrow("Flag 'a' exists, and this stack did not make it");
  expect(stored.get("a")?.color).toBe("green");

  for (const imported of ["flag:a", "*"]) {
    const importing = await configured(flags(stored), { "fivefold:import": JSON.stringify([imported]) });
    expect(await importing.check?.({}, BLUE)).toEqual({ inputs: BLUE, failures: [] });
    await importing.create(BLUE);
    expect(stored.get("a")).toEqual(BLUE);
  }
});

test("a kind's refusals are shown at preview, but for inputs that are not known yet", async () => {
  const provider = await configured(flags(new Map()));
  const red = { ...BLUE, color: "red" };
  const failures = [{ property: "", reason: "Red means danger." }];
  expect(await provider.check?.(BLUE, red)).toEqual({ inputs: red, failures });
  const unknown = { ...red, name: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
  expect(await provider.check?.(BLUE, unknown)).toEqual({ inputs: unknown });
});

test("what is made half is known to Pulumi, so that the next run goes on with it", async () => {
  const stored = new Map<string, Flag>();
  const update = () => Promise.reject(new Error("The wind is too strong."));
  const provider = await configured(flags(stored, { update }));
  await expect(provider.create(BLUE)).rejects.toMatchObject({
    message: "The wind is too strong.",
    id: "a",
    properties: BLUE,
    reasons: ["The wind is too strong."],
  });
  expect(stored.has("a")).toBe(true);
});

test("what may have been made is known to Pulumi too, what was refused is not", async () => {
  const create = () => Promise.reject(new Error("The line is dead."));
  const refusing = await configured(flags(new Map(), { create }));
  await expect(refusing.create(BLUE)).rejects.not.toHaveProperty("id");

  let isDead = false;
  const read = async () => (isDead ? create() : undefined);
  const die = () => {
    isDead = true;
    return create();
  };
  const dying = await configured(flags(new Map(), { read, create: die }));
  await expect(dying.create(BLUE)).rejects.toMatchObject({ message: "The line is dead.", id: "a", properties: BLUE });
});

test("an update makes what is missing", async () => {
  const stored = new Map<string, Flag>();
  const provider = await configured(flags(stored));
  expect(await provider.update?.("a", BLUE, { ...BLUE, size: 3 })).toEqual({ outs: { ...BLUE, size: 3 } });
  expect(stored.get("a")).toEqual({ ...BLUE, size: 3 });
});

test("a provider that is not configured, or of an unknown kind, says so", async () => {
  await expect(createProvider(flags(new Map())).create(BLUE)).rejects.toThrow("did not configure the provider");
  expect(() => providerOf("Flag")).toThrow("fivefold knows no resource 'Flag': a newer version made it");
  await expect(configured(flags(new Map()), { "fivefold:pulsarAdminUrl": undefined as never })).rejects.toThrow(
    "The stack has no fivefold:pulsarAdminUrl",
  );
});
