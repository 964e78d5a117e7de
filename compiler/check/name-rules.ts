/**
 * Room for a name in the names made of it: Kubernetes takes 63 characters and puts up to 11 of its own behind a
 * workload's name (`-` and a hash).
 */
const MAX_LENGTH = 52;

/** Names of devices on Windows, which no file or folder can have there. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Completes "the name 'x' …" with the rule that a name breaks. `undefined`: it is legal wherever it goes. */
export function brokenNameRule(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return "is not lower-case words joined by hyphens, the first beginning with a letter";
  }
  if (name.length > MAX_LENGTH) {
    return `has ${name.length} characters, above the ${MAX_LENGTH} that leave room in the names of Kubernetes objects`;
  }
  return DEVICES.test(name) ? "is a device's name on Windows, where no folder can have it" : undefined;
}

/** Makes a legal name of one that is not. */
export function legalName(words: string, fallback: string): string {
  const trimmed = words
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_LENGTH)
    .replace(/-+$/, "");
  if (trimmed === "") return fallback;
  return brokenNameRule(trimmed) ? `${trimmed}-task` : trimmed;
}
