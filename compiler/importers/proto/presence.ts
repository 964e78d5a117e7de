import type { ProtoField, ProtoFile, ProtoOption } from "./file.ts";

/** Whether the wire tells a singular scalar that is zero from one that is absent. */
export function hasPresence({ label, oneof, options }: ProtoField, file: ProtoFile): boolean {
  if (label === "optional" || label === "required" || oneof !== undefined) return true;
  if (file.syntax !== "editions") return file.syntax === "proto2";
  return (featureOf(options, "field_presence") ?? featureOf(file.options, "field_presence")) !== "IMPLICIT";
}

/** Whether readers of the contract refuse a message without it. */
export function isRequired({ label, options }: ProtoField): boolean {
  return label === "required" || featureOf(options, "field_presence") === "LEGACY_REQUIRED";
}

/** Whether a message's bytes stand between two tags, instead of behind their length. */
export function isDelimited({ options }: ProtoField, file: ProtoFile): boolean {
  return (featureOf(options, "message_encoding") ?? featureOf(file.options, "message_encoding")) === "DELIMITED";
}

function featureOf(options: readonly ProtoOption[], name: string): string | undefined {
  const short = options.find((option) => option.name === `features.${name}`)?.value;
  // The same may be written as a message: features = { field_presence: IMPLICIT }.
  const long = options.find((option) => option.name === "features")?.value;
  return short ?? new RegExp(`\\b${name} : (\\w+)`).exec(long ?? "")?.[1];
}
