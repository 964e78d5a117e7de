import type { ts } from "ts-morph";
import type { EnumMember, EnumRef, MessageRef, Type, UnionRef } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import type { Refusal } from "./refusal.ts";

/** Where a type stands in an event: what diagnostics point at and what anonymous types are named after. */
export interface Place {
  /** What diagnostics call it: `'address'`, or `The event`. */
  readonly subject: string;
  /** Where it is from the event on: `Order.lines[].price`. */
  readonly path: string;
  /** The name of an anonymous type here: the parent's, then the field's. */
  readonly name: string;
  /** The innermost node of the project's own sources that leads here. */
  readonly node: ts.Node;
  /** The type as it is written, where that is in the project's own sources and still known. */
  readonly written: ts.TypeNode | undefined;
  /** Where the type is declared, if that is in a package. */
  readonly outside: ts.Node | undefined;
  /** How many levels of objects and lists lie around it. */
  readonly depth: number;
  /** Whether it is read as `Portable` of what is declared. */
  readonly portable: boolean;
  /** Whether it is the item of a list or a value of a record. */
  readonly contained: boolean;
}

/** A fault in a type that a package declares. */
export interface OutsideFault {
  readonly place: Place & { readonly outside: ts.Node };
  /** The type. */
  readonly found: string;
  /** As a refusal's. */
  readonly reason: string;
  readonly fix: string;
}

/** What a type reader may ask for. */
export interface Scope extends Reading {
  /** Notes what a package's type has that can't be sent: all of one type is reported together. */
  readonly refuseOutside: (fault: OutsideFault) => void;
  /** Reads a type that is part of another, and reports what is wrong with it. */
  readonly part: (type: ts.Type, place: Place) => Type | undefined;
  /** A use of an object type as message, read later; its declared name is taken where it has one. */
  readonly message: (type: ts.Type, place: Place) => MessageRef | Refusal | "reported";
  /** A use of a union, as of an enum. */
  readonly union: (type: ts.UnionType, place: Place) => UnionRef | Refusal | "reported";
  /**
   * A use of an enum. Those of one declaration are one enum; those without are each one of their own. There is no type
   * where the members are some of a union's.
   */
  readonly enumeration: (type: ts.Type | undefined, members: readonly EnumMember[], place: Place) => EnumRef;
}

/**
 * Reads one kind of type. `undefined`: not this reader's kind, ask the next; `"reported"`: a part of the type is at
 * fault, and that has been reported.
 */
export type TypeReader = (type: ts.Type, place: Place, scope: Scope) => Type | Refusal | "reported" | undefined;
