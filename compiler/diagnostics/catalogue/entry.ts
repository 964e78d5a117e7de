/** Errors keep outputs from being written; warnings don't. */
export type Severity = "error" | "warning";

/** What the catalogue says of one code, from the parameters that make one fault of it. */
export interface Entry<P> {
  readonly severity: Severity;
  /** What was found, then the rule that it breaks. */
  readonly message: (parameters: P) => string;
  /** What to do about it, as an imperative. */
  readonly fix: (parameters: P) => string;
  /** The fix as an edit of the source, where it is one: what is to stand in the span's place. */
  readonly replacement?: (parameters: P) => string | undefined;
}

export function error<P>(
  message: Entry<P>["message"],
  fix: Entry<P>["fix"],
  replacement?: Entry<P>["replacement"],
): Entry<P> {
  return { severity: "error", message, fix, ...(replacement && { replacement }) };
}

export function warning<P>(message: Entry<P>["message"], fix: Entry<P>["fix"]): Entry<P> {
  return { severity: "warning", message, fix };
}

/** `a, b or c`, each in quotes. */
export function anyOf(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A type or an expression in the middle of a sentence. */
export function inCode(text: string): string {
  return text.includes("`") ? `'${text}'` : `\`${text}\``;
}
