import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ControlStore } from "../../../runtime/control/control-store.ts";
import { randomNumbers } from "../../random-numbers.ts";

/** What every control store must do. `open` opens the same store each time it is called, as another process would. */
export function describeControlStore(name: string, open: () => Promise<ControlStore>): void {
  describe(`control store: ${name}`, () => {
    let stores: ControlStore[];
    let tests = 0;
    /** Tests share a store, each below a prefix of its own. */
    const prefix = () => `test${tests++}/`;

    beforeAll(async () => {
      stores = [await open(), await open()];
    });

    afterAll(() => Promise.all(stores.map((store) => store.close())));

    test("a value is set, changed, removed and set again, each by who knows its revision", async () => {
      const [store, other] = stores as [ControlStore, ControlStore];
      const key = `${prefix()}a`;
      const found = async () => (await other.list(key))[0];
      expect(await found()).toBeUndefined();
      expect(await store.put(key, "1", 0)).toBe(true);
      const first = (await found())!;
      expect(first).toMatchObject({ key, value: "1" });
      expect(first.revision).toBeGreaterThan(0);
      expect(await store.put(key, "2", 0)).toBe(false);
      expect(await other.put(key, "2", first.revision)).toBe(true);
      expect(await store.put(key, "3", first.revision)).toBe(false);
      expect(await store.put(key, undefined, first.revision)).toBe(false);
      const second = (await found())!;
      expect(second.value).toBe("2");
      expect(await store.put(key, undefined, second.revision)).toBe(true);
      expect(await found()).toBeUndefined();
      expect(await other.put(key, "4", second.revision)).toBe(false);
      expect(await other.put(key, "5", 0)).toBe(true);
      const third = (await found())!;
      expect([first.revision, second.revision]).not.toContain(third.revision);
      expect(await store.put(key, undefined, 0)).toBe(false);
    });

    test("a prefix finds what begins with it and nothing else, by key", async () => {
      const [store] = stores as [ControlStore];
      const own = prefix();
      for (const key of ["b/2", "a/10", "a/1", "ab", "a", "a/é", "A/1"]) await store.put(own + key, `"${key}"`, 0);
      const keys = async (start: string) => (await store.list(own + start)).map(({ key }) => key.slice(own.length));
      expect(await keys("a/")).toEqual(["a/1", "a/10", "a/é"]);
      expect(await keys("a")).toEqual(["a", "a/1", "a/10", "a/é", "ab"]);
      expect(await keys("b/2")).toEqual(["b/2"]);
      expect(await keys("c")).toEqual([]);
    });

    test("keys find their own entries, and nothing else", async () => {
      const [store, other] = stores as [ControlStore, ControlStore];
      const own = prefix();
      for (const key of ["a", "ab", "b", "é'%_"]) await store.put(own + key, `"${key}"`, 0);
      const keys = ["a", "b", "é'%_", "c", "A", ""].map((key) => own + key);
      const found = (await other.get(keys)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
      expect(found).toEqual((await other.list(own)).filter(({ key }) => key !== `${own}ab`));
      expect(await other.get([])).toEqual([]);
      const many = Array.from({ length: 1_000 }, (_, i) => `${own}many/${i}`);
      expect(await other.get([...many, `${own}a`])).toMatchObject([{ value: '"a"' }]);
    });

    test("values keep every character", async () => {
      const [store, other] = stores as [ControlStore, ControlStore];
      const key = `${prefix()}odd`;
      const value = JSON.stringify({ why: "\0 \ud800 \u2028 'quoted' 😀".repeat(200) });
      expect(await store.put(key, value, 0)).toBe(true);
      expect((await other.list(key))[0]?.value).toBe(value);
    });

    test("of all that change one revision at once, one does", async () => {
      const key = `${prefix()}counter`;
      await stores[0]!.put(key, "0", 0);
      let refused = 0;
      /** As every change is made: read, then write, from the start where somebody was faster. */
      const increment = async (store: ControlStore) => {
        for (;;) {
          const [entry] = await store.list(key);
          if (await store.put(key, String(Number(entry!.value) + 1), entry!.revision)) return;
          refused++;
        }
      };
      await Promise.all(Array.from({ length: 40 }, (_, i) => increment(stores[i % 2]!)));
      expect((await stores[1]!.list(key))[0]?.value).toBe("40");
      expect(refused).toBeGreaterThan(0);
    });

    test("random calls of two processes come to what one would come to", async () => {
      const random = randomNumbers(11);
      const own = prefix();
      const model = new Map<string, { value: string; revision: number }>();
      for (let step = 0; step < 300; step++) {
        const store = stores[Math.floor(random() * 2)]!;
        const key = `${own}${Math.floor(random() * 4)}`;
        const known = model.get(key);
        // Mostly right, sometimes a revision of before, or none.
        const revision = random() < 0.7 ? (known?.revision ?? 0) : Math.floor(random() * ((known?.revision ?? 0) + 1));
        const value = random() < 0.3 ? undefined : `v${step}`;
        const isRight = revision === (known?.revision ?? 0);
        expect(await store.put(key, value, revision)).toBe(isRight);
        const [entry] = await stores[Math.floor(random() * 2)]!.list(key);
        if (isRight && value === undefined) model.delete(key);
        if (isRight && value !== undefined) model.set(key, { value, revision: entry!.revision });
        expect(entry && { value: entry.value, revision: entry.revision }).toEqual(model.get(key));
      }
    });
  });
}
