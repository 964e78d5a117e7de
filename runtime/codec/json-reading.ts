import type { Violation } from "../contract/errors.ts";

/** As validators report. */
const MAX_VIOLATIONS = 100;

/** As validators have it: how deep messages may nest, and how many there may be in all. */
const MAX_DEPTH = 32;
const MAX_OBJECTS = 524_288;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** The reading of one event: where it is, and what it has found that JSON has no such form for. */
export class JsonReading {
  readonly violations: Violation[] = [];
  private readonly segments: (string | number)[] = [];
  private depth = 0;
  private objects = 0;

  /** What is read from here on is a part of what was read: a property, or an item of a list. */
  enter(segment: string | number): void {
    this.segments.push(segment);
  }

  leave(): void {
    this.segments.pop();
  }

  /** Tells that an object of some message is read from here on; `false`: it is one too many, and the event is refused. */
  enterObject(): boolean {
    // What is wrong with it the validator says.
    if (this.depth === MAX_DEPTH) return false;
    if (++this.objects > MAX_OBJECTS) {
      if (!this.isFull) this.violations.push(TOO_MANY);
      return false;
    }
    this.depth++;
    return true;
  }

  leaveObject(): void {
    this.depth--;
  }

  /** Says that the value which is being read breaks a rule, and returns it as it is. */
  fault<T>(rule: string, value: T): T {
    if (!this.isFull) this.violations.push({ path: pathOf(this.segments), rule, found: describe(value) });
    return value;
  }

  /** Says that reading the value failed, which never happens to what JSON.parse has made. */
  unreadable(): void {
    this.violations.push(UNREADABLE);
  }

  /** Whether there are as many violations as are told: nothing more needs to be read. */
  get isFull(): boolean {
    return this.violations.length >= MAX_VIOLATIONS;
  }
}

const UNREADABLE: Violation = {
  path: "",
  rule: "must be an object whose properties can be read",
  found: "one that throws where it is read",
};

const TOO_MANY: Violation = { path: "", rule: `must have at most ${MAX_OBJECTS} nested objects in all`, found: "more" };

/** What breaks the rules of a value's form in JSON, and of the event that it was read as: one violation a place. */
export function allViolations(ofForm: readonly Violation[], ofEvent: readonly Violation[]): readonly Violation[] {
  const told = new Set(ofForm.map(({ path }) => path));
  return [...ofForm, ...ofEvent.filter(({ path }) => !told.has(path))].slice(0, MAX_VIOLATIONS);
}

/** As validators write it. */
function pathOf(segments: readonly (string | number)[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === "number") return `${path}[${segment}]`;
    const name = segment.length > 64 ? `${segment.slice(0, 64)}…` : segment;
    if (!IDENTIFIER.test(name)) return `${path}[${JSON.stringify(name)}]`;
    return path === "" ? name : `${path}.${name}`;
  }, "");
}

/** A value's kind and size; not the text of a string, which may be private. */
function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `string of ${count(value.length, "character")}`;
  if (Array.isArray(value)) return `array of ${count(value.length, "item")}`;
  return typeof value === "number" || typeof value === "boolean" ? `${typeof value} ${value}` : typeof value;
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
