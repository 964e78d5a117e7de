import type { ComponentChildren } from "preact";
import type { SubscriberNow } from "./server.ts";

const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const grouped = (count: number): string => NUMBER.format(count);
export const short = (count: number): string => (count < 10_000 ? NUMBER.format(count) : SHORT.format(count));
export const counted = (count: number, what: string, many = `${what}s`): string =>
  `${grouped(count)} ${count === 1 ? what : many}`;

export const nameOf = ({ useCase, subscriber }: { readonly useCase: string; readonly subscriber: string }): string =>
  subscriber === "default" ? useCase : `${useCase}/${subscriber}`;

const UNITS = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** `90 s`, `5 min`, `3 days`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const [unit, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? UNITS[3];
  const count = Math.round(ms / size);
  return `${grouped(count)} ${unit}${unit === "day" && count !== 1 ? "s" : ""}`;
}

const ago = (iso: string): string => `${duration(Math.max(0, Date.now() - Date.parse(iso)))} ago`;

/** A time that says how long ago it was, and when on hovering. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {ago(at)}
    </time>
  );
}

/** What is written between backticks is code. */
export function Prose({ text }: { readonly text: string }) {
  const parts: ComponentChildren[] = text.split("`").map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));
  return <>{parts}</>;
}

export type Tone = "good" | "quiet" | "held" | "bad";

/** How serious a reason is. */
export function toneOf({ reason, deadLetters }: SubscriberNow): Tone {
  if (reason === "no-worker" || reason === "hosts" || reason === "retry-budget") return "bad";
  if (reason === "flowing" || reason === "behind-keys") return "good";
  if (reason === "nothing-waits" || reason === "not-due") return deadLetters > 0 ? "held" : "quiet";
  return "held";
}

const TONE_WORDS: Readonly<Record<Tone, string>> = {
  good: "works",
  quiet: "idle",
  held: "needs a look",
  bad: "stands still",
};

export function Dot({ tone }: { readonly tone: Tone }) {
  return <span class={`dot ${tone}`} role="img" aria-label={TONE_WORDS[tone]} title={TONE_WORDS[tone]} />;
}

export function Notice({ error }: { readonly error: Error | undefined }) {
  if (!error) return null;
  return (
    <p class="notice" role="alert">
      {error.message}
    </p>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}
