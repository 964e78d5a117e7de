/** Draws numbers from 0 up to below `limit`: the same for the same seed. */
export function createDraw(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    // A linear congruential generator, of whose upper bits the period is long enough.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const STRANGE: readonly unknown[] = [null, true, 0, -1, 1.5, 1e12, "", "x", "größe", [], {}, [null], { x: 1 }];

/** A copy of a JSON value with one part left out, or put in another's place. No property is added. */
export function mutated(value: unknown, draw: (limit: number) => number): unknown {
  const paths = pathsOf(value);
  const path = paths[draw(paths.length)]!;
  return changed(value, path, (part) => {
    switch (draw(4)) {
      case 0:
        return GONE;
      case 1:
        return nearby(part, draw);
      default:
        return STRANGE[draw(STRANGE.length)];
    }
  });
}

const GONE = Symbol("gone");

/** A value that is nearly the same. */
function nearby(value: unknown, draw: (limit: number) => number): unknown {
  if (typeof value === "number") return value + [1, -1, 0.5, -value, 1e9][draw(5)]!;
  if (typeof value === "string") return [`${value}x`, value.slice(1), value.toUpperCase(), "x".repeat(300)][draw(4)];
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return draw(2) === 0 ? [...value, ...value] : value.slice(1);
  return value;
}

function pathsOf(value: unknown): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, part]) => pathsOf(part).map((path) => [key, ...path]))];
}

function changed(value: unknown, [key, ...rest]: readonly string[], change: (part: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) {
    const items = value.map((item, i) => (String(i) === key ? changed(item, rest, change) : item));
    return items.filter((item) => item !== GONE);
  }
  const entries = Object.entries(value as object).map(([name, part]) => {
    return [name, name === key ? changed(part, rest, change) : part] as const;
  });
  return Object.fromEntries(entries.filter(([, part]) => part !== GONE));
}
