import type { Source } from "../report.ts";

/*
 * A `.proto` file as it is written, with the places of its parts: offsets, `end` exclusive.
 */

interface Placed {
  readonly at: number;
  readonly end: number;
}

export interface ProtoFile {
  readonly source: Source;
  readonly syntax: "proto2" | "proto3" | "editions";
  /** Empty: none. */
  readonly package: string;
  readonly imports: readonly ProtoImport[];
  readonly options: readonly ProtoOption[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  /** Services and extensions, which are no part of a message. */
  readonly others: readonly ProtoOther[];
}

export interface ProtoImport extends Placed {
  readonly path: string;
}

/** `deprecated`, `(acme.rules).max`, `features.field_presence`. Messages as values are kept as their text. */
export interface ProtoOption extends Placed {
  readonly name: string;
  readonly value: string;
}

export interface ProtoOther extends Placed {
  readonly what: string;
}

export interface ProtoMessage extends Placed {
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly ProtoField[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly options: readonly ProtoOption[];
  readonly reserved: Reserved;
  /** Numbers that extensions of other files may use. */
  readonly extensions: readonly NumberRange[];
  readonly others: readonly ProtoOther[];
}

export interface ProtoField extends Placed {
  readonly name: string;
  readonly number: number;
  readonly label: "" | "optional" | "required" | "repeated";
  readonly type: NameUse;
  /** Of a map: `type` is that of its values. */
  readonly key?: NameUse;
  /** The oneof that it is in. */
  readonly oneof?: NameUse;
  readonly options: readonly ProtoOption[];
  readonly doc: string;
}

/** Of a type: a scalar's name, `group`, or the name of a message or enum as it is written. */
export interface NameUse extends Placed {
  readonly name: string;
}

export interface ProtoEnum extends Placed {
  readonly name: string;
  readonly doc: string;
  readonly members: readonly ProtoMember[];
  readonly options: readonly ProtoOption[];
  readonly reserved: Reserved;
}

export interface ProtoMember extends Placed {
  readonly name: string;
  readonly number: number;
  readonly doc: string;
}

export interface Reserved {
  readonly numbers: readonly NumberRange[];
  readonly names: readonly string[];
}

/** Both inclusive. */
export interface NumberRange extends Placed {
  readonly from: number;
  readonly to: number;
}
