import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { postgresAddress, token } from "../../stacks/address-values.ts";
import { READERS } from "../../stacks/config-keys.ts";
import { isBad, type Reader } from "../../stacks/config-values.ts";
import { cpu, imageReference, memory } from "../../stacks/kubernetes/values.ts";
import { VALUE_EXAMPLES } from "./value-examples.ts";

describe.each(VALUE_EXAMPLES)("%s", (_, read, taken, refused) => {
  test.each(taken.map((value) => [value]))("takes %j", (value) => expect(read(value)).toEqual(value));
  test.each(refused.map((value) => [value]))("refuses %j", (value) => expect(isBad(read(value))).toBe(true));
});

test("a quantity is written as the server would store it, so that a refresh finds no drift", () => {
  expect([cpu("0.5"), cpu("1.5"), cpu("2000m"), cpu("1e0"), cpu("0.1e1"), cpu("1000000u")]).toEqual([
    "500m",
    "1500m",
    "2",
    "1",
    "1",
    "1",
  ]);
  expect([memory("1024Mi"), memory("1.5Gi"), memory("1000M"), memory("1e9"), memory("536870912000m")]).toMatchObject([
    "1Gi",
    "1536Mi",
    "1G",
    "1G",
    { problem: expect.any(String) },
  ]);
});

test("what is nearly right is told with its fix", () => {
  expect(memory("512m")).toMatchObject({
    problem: expect.stringContaining(`'m' means thousandths of a byte. Write "512Mi" or "512M"`),
  });
  expect(cpu("512Mi")).toMatchObject({ problem: expect.stringContaining("is it memory's") });
  expect(imageReference("ghcr.io/Acme/shop")).toMatchObject({ problem: expect.stringContaining("in lower case") });
  expect(token("abc\n")).toMatchObject({ problem: expect.stringContaining("last line break") });
});

describe("PostgreSQL's address", () => {
  test.each<[string, number]>([
    ["postgres://u:p@h/d", 5432],
    ["postgresql://u:p@h:6432/d?sslmode=require", 6432],
    ["postgres://u:p%40%2F@h.example.com/d", 5432],
    ["postgres://u@[::1]:7000/d", 7000],
    ["postgres:///d?host=db&port=7001", 7001],
    ["postgres://h", 5432],
  ])("%s", (url, port) => expect(postgresAddress(url)).toEqual({ port }));

  test.each([
    "mysql://u:hidden@h/d",
    "u:hidden@h/d",
    "postgres://u:hid#den@h/d",
    "postgres://u:hidden/@h/d",
    "postgres://u:hid%den@h/d",
    "postgres://u:hidden@/d",
    "postgres://u:hidden@%2Fvar%2Frun/d",
    "postgres:///d?host=/var/run&password=hidden",
    "postgres://u:hidden@h1,h2/d",
    "postgres://u:hidden@h:0/d",
    "postgres://u:hidden@h/d?port=x",
    "postgres://u:hidden@h/d\n",
    "https://u:hidden@h",
  ])("is refused without telling it: %s", (url) => {
    const read = postgresAddress(url);
    expect(isBad(read)).toBe(true);
    expect(JSON.stringify(read)).not.toMatch(/hidden|hid#|hid%/);
  });
});

/** Anything that a config may hold, with names that objects have from birth and values of the right shape. */
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      "",
      "512m",
      "10.0.0.0/8",
      "shop:1",
      "1",
      "true",
      "30d",
      null,
      true,
      0,
      -1,
      1.5,
      "\ud800",
      "\0",
    ),
    fc.string(),
    fc.integer(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          "problem",
          "at",
          "constructor",
          "__proto__",
          "toString",
          "env",
          "pod",
          "egress",
          "cidr",
          "ports",
          "labels",
          "memory",
          "tolerations",
          "sidecars",
          "name",
        ),
        fc.string(),
      ),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

test("no value makes a reader throw, and what it takes it takes again as it has read it", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      for (const [key, read] of Object.entries(READERS) as [string, Reader<unknown>][]) {
        const once = read(value);
        if (isBad(once)) {
          expect(once.problem, key).toMatch(/^(must|has|is|repeats) /);
        } else if (typeof once === "string") {
          expect(read(once), key).toBe(once);
        }
      }
    }),
    { numRuns: 2_000, seed: 11 },
  );
});

test("a quantity that is taken is what it says, to the byte and to the thousandth of a CPU", () => {
  const factors: Readonly<Record<string, bigint>> = {
    "": 1n,
    k: 1_000n,
    M: 10n ** 6n,
    G: 10n ** 9n,
    T: 10n ** 12n,
    Ki: 1n << 10n,
    Mi: 1n << 20n,
    Gi: 1n << 30n,
    Ti: 1n << 40n,
  };
  const bytesOf = (text: string) => {
    const [, digits = "", unit = ""] = /^(\d+)(\D*)$/.exec(text) ?? [];
    return BigInt(digits) * (factors[unit] ?? 0n);
  };
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 14n), fc.constantFrom(...Object.keys(factors)), (count, unit) => {
      const bytes = count * (factors[unit] ?? 0n);
      const read = memory(`${count}${unit}`);
      if (isBad(read)) expect(bytes < 32n << 20n || bytes > 64n << 40n).toBe(true);
      else expect(bytesOf(read)).toBe(bytes);
    }),
    { numRuns: 2_000, seed: 12 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_024_000 }), (milli) => {
      const read = cpu(`${Math.floor(milli / 1_000)}.${String(milli % 1_000).padStart(3, "0")}`);
      expect(read).toBe(milli % 1_000 === 0 ? `${milli / 1_000}` : `${milli}m`);
    }),
    { numRuns: 1_000, seed: 13 },
  );
});
