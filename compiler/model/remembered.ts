import type { UseCase } from "./model.ts";

/**
 * What a function makes of each use case, or of each event, worked out once: several emitters ask for the same, and a
 * watching compiler asks for all at every edit, when most are the same objects as before.
 */
export function remembered<T, Key extends object = UseCase>(make: (key: Key) => T): (key: Key) => T {
  const known = new WeakMap<Key, { readonly made: T }>();
  return (key) => {
    const before = known.get(key);
    if (before) return before.made;
    const made = make(key);
    known.set(key, { made });
    return made;
  };
}

/** What a function makes of a name, worked out once: each file that has the name asks for it. */
export function rememberedName<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    let found = known.get(name);
    if (found === undefined) {
      found = make(name);
      // An editor's names come and go.
      if (known.size >= MOST_NAMES) known.clear();
      known.set(name, found);
    }
    return found;
  };
}

const MOST_NAMES = 20_000;

/** What was made of a list of texts the last time, for as long as they are the same: few edits change a shared file. */
export function rememberedText(make: (parts: readonly string[]) => string): (parts: readonly string[]) => string {
  let last: { readonly parts: readonly string[]; readonly text: string } | undefined;
  return (parts) => {
    const isSame = last?.parts.length === parts.length && last.parts.every((part, i) => part === parts[i]);
    if (!last || !isSame) last = { parts, text: make(parts) };
    return last.text;
  };
}
