import type { Place, Setting } from "./setting.ts";

/** `D`: the type of its default, which tells whether it may be null. */
type Described<T, D, Key extends string, P extends Place, Each extends "use case" | "subscriber"> = Omit<
  Setting<T, NullOf<D>, Key, P, Each>,
  "default" | "each"
> & { readonly default: D };

type NullOf<D> = null extends D ? null : never;

/** Describes a setting that holds for a whole use case. */
export function ofUseCase<T, const D extends NoInfer<T> | null, const Key extends string, const P extends Place>(
  setting: Described<T, D, Key, P, "use case">,
): Setting<T, NullOf<D>, Key, P, "use case"> {
  return { ...setting, each: "use case" } as Setting<T, NullOf<D>, Key, P, "use case">;
}

/** Describes a setting of which each subscriber may have its own value. */
export function ofSubscriber<T, const D extends NoInfer<T> | null, const Key extends string, const P extends Place>(
  setting: Described<T, D, Key, P, "subscriber">,
): Setting<T, NullOf<D>, Key, P, "subscriber"> {
  return { ...setting, each: "subscriber" } as Setting<T, NullOf<D>, Key, P, "subscriber">;
}
