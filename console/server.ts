/** What the server tells, as the pages know it, and how they ask. */

export type Reason =
  | "nothing-waits"
  | "not-due"
  | "paused"
  | "no-worker"
  | "rate"
  | "limit"
  | "total"
  | "hosts"
  | "permits"
  | "retry-budget"
  | "behind-keys"
  | "flowing";

interface Limit<T> {
  readonly declared: T;
  readonly now: T;
}

export interface SubscriberNow {
  readonly useCase: string;
  readonly subscriber: string;
  readonly reason: Reason;
  readonly text: string;
  readonly backlog: number;
  readonly delayed: number;
  readonly firstDueAt: string | null;
  readonly workers: number;
  readonly inFlight: number;
  readonly deadLetters: number;
  readonly paused: boolean;
  readonly maxInFlight: Limit<number>;
  readonly maxInFlightTotal: Limit<number | null>;
  readonly rate: Limit<string | null>;
  readonly set: readonly { readonly by: string; readonly at: string; readonly why?: string }[];
}

export interface Sample {
  readonly at: number;
  readonly backlog: readonly number[];
  readonly delayed: readonly number[];
  readonly inFlight: readonly number[];
  readonly deadLetters: readonly number[];
}

export interface Snapshot {
  readonly at: string;
  readonly subscribers: readonly SubscriberNow[];
  readonly trail: readonly Sample[];
}

export interface UseCase {
  readonly name: string;
  readonly doc: string;
  readonly file: string;
  readonly owner: string;
  readonly event: string;
  readonly version: number;
  readonly feeds: readonly string[];
  readonly source: string | null;
  readonly settings: {
    readonly priority: string;
    readonly dedupeForMs: number;
    readonly maxDelayMs: number;
    readonly maxPayloadBytes: number;
    readonly ordered: boolean;
    readonly fair: boolean;
    readonly schedules?: readonly { readonly name: string }[] | null;
    readonly subscribers: readonly {
      readonly name: string;
      readonly maxRetries: number;
      readonly deadlineMs: number | null;
      readonly timeoutMs: number;
      readonly maxInFlight: number;
      readonly hasFilter: boolean;
      readonly target: unknown;
    }[];
  };
}

export interface Project {
  readonly person: { readonly name: string; readonly role: "reader" | "operator" };
  readonly root: string;
  readonly useCases: readonly UseCase[];
}

export interface LetterGroup {
  readonly signature: string;
  readonly text: string;
  readonly reason: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly versions: readonly number[];
  readonly example: string;
}

export interface LetterList {
  readonly useCase: string;
  readonly subscriber: string;
  readonly count: number;
  readonly unreachable: number;
  readonly groups: readonly LetterGroup[];
}

export interface Letter {
  readonly useCase: string;
  readonly subscriber: string;
  readonly id: string;
  readonly version: number;
  readonly tries: number;
  readonly key: string;
  readonly tenant: string;
  readonly enqueuedAt: string;
  readonly failedAt: string;
  readonly reason: string;
  readonly message: string;
  readonly signature: string;
  readonly event?: unknown;
  readonly undecodable?: string;
}

async function answerOf<T>(response: Response): Promise<T> {
  const answer = await response.json().catch(() => ({ error: `The server answered ${response.status}.` }));
  if (!response.ok) throw new Error((answer as { error: string }).error);
  return answer as T;
}

export async function read<T>(
  name: string,
  query: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<T> {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return answerOf<T>(await fetch(`/api/${name}?${words}`, signal ? { signal } : {}));
}

export async function act<T = { ok: true }>(name: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  return answerOf<T>(await fetch(`/api/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}
