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
