import type { Json } from "./types.ts";

/**
 * A type of somebody else's package as far as it can be sent: what says nothing of its values is `Json`, and what can't
 * leave a process is left out.
 *
 * - `any`, `unknown`, `object` and `{}` are `Json`, and so are `Map`, `Set` and other objects that don't hold their
 *   content in properties: give such a field what JSON can hold.
 * - Methods, functions, symbols, and properties that are named by symbols are left out.
 * - Instances of classes are objects of their public properties.
 * - An index signature makes a `Record`, of named properties beside it too. In a union with other objects it is `Json`.
 * - Several lists in a union are one list, of whatever is in any of them.
 *
 * Values of the type are events as they are, unless one has a `Map` or the like.
 */
export type Portable<T> = IsAnything<T> extends true ? Json : PortablePart<T>;

/** Whether a type may be whatever JSON can hold. Few may be null, which takes less time to see. */
type IsAnything<T> = [null] extends [T] ? ([Json] extends [T] ? true : false) : false;

type Scalar = string | number | bigint | boolean | null | undefined;
type Sent = Scalar | Date | Uint8Array;
type List = readonly unknown[];
/** What a property holds that has nothing to send. */
type Without = undefined | symbol | Callable;

/** Nothing is done to what can be sent as it is, which so keeps its name. */
type PortablePart<T> = [T] extends [Sent]
  ? Plain<T>
  : IsJson<KindOf<T>> extends true
    ? Json | Extract<T, undefined>
    : true extends IsUnion<OpenList<T>>
      ? PortableOf<Exclude<T, OpenList<T>>> | PortableItem<OpenList<T>[number]>[]
      : PortableOf<T>;

type KindOf<T> = T extends Sent | List | Callable | symbol | Nothing
  ? never
  : T extends Container
    ? "json"
    : [keyof T] extends [never]
      ? "json"
      : [DataNames<T>] extends [never]
        ? HiddenKind<T>
        : string extends keyof T
          ? "record"
          : "object";

/** Of an object of methods alone: one that JSON.stringify can write holds something. */
type HiddenKind<T> = T extends { readonly toJSON: unknown } ? "json" : never;

/** The names of an object's properties that hold more than functions and symbols; what they hold may be a union of hundreds. */
type DataNames<T> = keyof {
  [K in keyof T as K extends symbol ? never : T[K] extends Without ? never : K]: 0;
};

/** A union with `Json` in it is `Json`, and so is a record beside other objects, from which its keys don't tell it. */
type IsJson<Kinds> = "json" extends Kinds ? true : ["record" | "object"] extends [Kinds] ? true : false;

/** Lists of any length, which nothing tells apart in a union. */
type OpenList<T> = T extends List ? (number extends T["length"] ? T : never) : never;

type IsUnion<T, Whole = T> = [T] extends [never]
  ? false
  : T extends unknown
    ? [Whole] extends [T]
      ? false
      : true
    : never;

type Plain<T> = T extends Date ? Date : T extends Uint8Array ? Uint8Array : T;

type PortableOf<T> = T extends Scalar
  ? T
  : T extends symbol | Callable | Nothing
    ? never
    : T extends Date
      ? Date
      : T extends Uint8Array
        ? Uint8Array
        : T extends List
          ? PortableList<T>
          : [DataNames<T>] extends [never]
            ? never
            : PortableObject<T>;

type Callable = ((...parameters: never[]) => unknown) | (abstract new (...parameters: never[]) => unknown);

// What a property holds that is of no use to anybody.
type Nothing = ReturnType<() => void>;

/** Objects whose content is not in their properties. */
type Container =
  | Iterable<unknown>
  | AsyncIterable<unknown>
  | PromiseLike<unknown>
  | RegExp
  | WeakKeyed
  | ArrayBufferView
  | { readonly [Symbol.toStringTag]: string };
type WeakKeyed = WeakMap<never, unknown> | WeakSet<never>;

/** Lists and tuples. What is absent in them is null, as in JSON. */
type PortableList<T extends List> = { [K in keyof T]: PortableItem<T[K]> };

type PortableItem<T> =
  IsAnything<T> extends true ? Json : undefined extends T ? Portable<Exclude<T, undefined>> | null : Portable<T>;

type PortableObject<T> = [IndexOf<T>] extends [never] ? PortableFields<T> : Record<RecordKey<T>, PortableEntry<T>>;

type PortableFields<T> = {
  [K in keyof T as K extends symbol ? never : HasData<T[K]> extends true ? K : never]: Portable<T[K]>;
};

/** Whether a property may have a value that can be sent. */
type HasData<T> = IsAnything<T> extends true ? true : [Exclude<Sendable<T>, undefined>] extends [never] ? false : true;

/** A union's parts without functions, symbols, and objects that have methods only. */
type Sendable<T> = T extends symbol | Callable | Nothing
  ? never
  : T extends List
    ? SendableList<T>
    : T extends Sent | Container
      ? T
      : [keyof T] extends [never]
        ? T
        : [DataNames<T>] extends [never]
          ? T extends { readonly toJSON: unknown }
            ? T
            : never
          : T;

type SendableList<T extends List> = number extends T["length"]
  ? [Exclude<T[number], Without>] extends [never]
    ? never
    : T
  : T;

/** What a type's index signatures are by: `string`, `number`, or a template. */
type IndexOf<T> = keyof {
  [K in keyof T as K extends symbol ? never : Record<never, never> extends Record<K, 1> ? K : never]: 0;
};

/** Strings, but for integers that `Int` or `Uint` says are all. */
type RecordKey<T> = [Exclude<keyof T, IntegerKey<IndexOf<T>>>] extends [never] ? IntegerKey<IndexOf<T>> : string;

type IntegerKey<K> = K extends number ? ([Extract<keyof K, "~int" | "~uint">] extends [never] ? never : K) : never;

/** What a record holds. Names have no types of their own in it, so objects of several kinds can't be told apart. */
type PortableEntry<T> = [Exclude<keyof T, IndexOf<T> | symbol>] extends [never]
  ? Portable<T[keyof T]>
  : [T[keyof T]] extends [Sent]
    ? T[keyof T]
    : Json;
