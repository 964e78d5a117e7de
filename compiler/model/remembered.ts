import type { UseCase } from "./model.ts";

/**
 * What a function makes of each use case, worked out once: a watching compiler asks for all at every edit, and most are
 * the same objects as before.
 */
export function remembered<T>(make: (useCase: UseCase) => T): (useCase: UseCase) => T {
  const known = new WeakMap<UseCase, { readonly made: T }>();
  return (useCase) => {
    const before = known.get(useCase) ?? { made: make(useCase) };
    known.set(useCase, before);
    return before.made;
  };
}

/** What was made of a list of texts the last time, for as long as they are the same: few edits change a shared file. */
export function rememberedText(make: (parts: readonly string[]) => string): (parts: readonly string[]) => string {
  let last: { readonly parts: readonly string[]; readonly text: string } | undefined;
  return (parts) => {
    const isSame = last?.parts.length === parts.length && last.parts.every((part, i) => part === parts[i]);
    if (!last || !isSame) last = { parts, text: make(parts) };
    return last.text;
  };
}
