import { setTimeout as sleep } from "node:timers/promises";

const TIMEOUT_MS = 30_000;
const TRIES = 5;
const FIRST_WAIT_MS = 250;
/** A request is passed on to the broker that owns the topic; more hops than this are a loop. */
const MAX_HOPS = 5;
/** HTTP's status of a loop. */
const LOOP = 508;

export interface PulsarConnection {
  /** The web service: `https://host:8443`. */
  readonly adminUrl: string;
  /** Absent: comes as nobody. */
  readonly token?: string | undefined;
}

/** Pulsar's admin REST API: paths begin below `/admin/v2`. What a busy or restarting cluster refuses is tried again. */
export interface PulsarAdmin {
  /** `undefined` where there is nothing. */
  get<T>(path: string): Promise<T | undefined>;
  /** `mayExist`: an answer that the thing is there already is as good as its creation. */
  put(path: string, body?: unknown, options?: { readonly mayExist?: boolean }): Promise<void>;
  post(path: string, body?: unknown): Promise<void>;
  /** What is not there is as good as deleted. */
  delete(path: string): Promise<void>;
}

/** A request that Pulsar refused, or did not answer. */
export class PulsarAdminError extends Error {
  override readonly name = "PulsarAdminError";
  /** HTTP status; 0: no answer. */
  readonly status: number;

  constructor(status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.status = status;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export function createPulsarAdmin({ adminUrl, token }: PulsarConnection): PulsarAdmin {
  const base = `${adminUrl.replace(/\/+$/, "")}/admin/v2`;
  const headers = {
    "content-type": "application/json",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };

  /** Follows the broker's redirections by hand: fetch would leave the token behind. */
  async function exchange(method: string, path: string, body: string | undefined): Promise<Answer> {
    let url = base + path;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const response = await fetch(url, {
        method,
        headers,
        body: body ?? null,
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      const location = response.status === 307 || response.status === 302 ? response.headers.get("location") : null;
      if (location === null) return { status: response.status, text };
      const next = new URL(location, url);
      // The token must not leave an encrypted connection for one that isn't.
      if (url.startsWith("https:") && next.protocol !== "https:") {
        return { status: response.status, text: `redirected from https to ${next.origin}` };
      }
      url = next.href;
    }
    return { status: LOOP, text: `redirected ${MAX_HOPS} times, last to ${url}` };
  }

  async function request(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let attempt = 1; ; attempt++) {
      const answer = await exchange(method, path, text).catch((cause) => unanswered(cause));
      if (attempt === TRIES || !isPassing(answer)) return answer;
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }

  function refusal(method: string, path: string, { status, text }: Answer): PulsarAdminError {
    const found = status === 0 ? "was not answered" : `was answered ${status}`;
    return new PulsarAdminError(
      status,
      `${method} ${base}${path} ${found}: ${reasonOf(text)}. ${mend(status, token !== undefined)}`,
    );
  }

  return {
    async get<T>(path: string) {
      const answer = await request("GET", path);
      if (answer.status === 404) return undefined;
      if (!isDone(answer)) throw refusal("GET", path, answer);
      return parsed<T>(answer.text, `${base}${path}`);
    },
    async put(path, body, { mayExist = false } = {}) {
      const answer = await request("PUT", path, body);
      if (!isDone(answer) && !(mayExist && answer.status === 409)) throw refusal("PUT", path, answer);
    },
    async post(path, body) {
      const answer = await request("POST", path, body);
      if (!isDone(answer)) throw refusal("POST", path, answer);
    },
    async delete(path) {
      const answer = await request("DELETE", path);
      if (!isDone(answer) && answer.status !== 404) throw refusal("DELETE", path, answer);
    },
  };
}

function unanswered(cause: unknown): Answer {
  const { message, cause: inner } = cause as Error & { cause?: { message?: string; code?: string } };
  return { status: 0, text: inner?.message || inner?.code || message };
}

function isDone({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** Whether the same request may be answered otherwise in a moment: a broker restarts, a topic moves, others write too. */
function isPassing({ status, text }: Answer): boolean {
  if (status === LOOP) return false;
  return status === 0 || status >= 500 || status === 429 || (status === 409 && /concurrent/i.test(text));
}

function mend(status: number, hasToken: boolean): string {
  if (status === 0) return "Is fivefold:pulsarAdminUrl the web service's URL, and can this machine reach it?";
  if (status === 401 && !hasToken) {
    return "The cluster asks for a token: pulumi config set --secret fivefold:pulsarAdminToken";
  }
  if (status === 401) return "The token is wrong or has expired: pulumi config set --secret fivefold:pulsarAdminToken";
  if (status === 403)
    return "The token's role has to be an administrator of the tenant; only a super user makes tenants.";
  if (status === 404) return "What it belongs to is not there: was it deleted by hand? pulumi refresh finds out.";
  if (status === 409)
    return "Something else is there, or was changed meanwhile: pulumi refresh shows what the cluster has.";
  if (status === 412 || status === 422) return "The cluster does not allow it as things stand.";
  if (status === LOOP) return "Do the brokers advertise the addresses that they are reached at?";
  if (status === 429 || status >= 500) return `That was so ${TRIES} times in a row: the broker's log says why.`;
  return "Is fivefold:pulsarAdminUrl the web service of Apache Pulsar 4?";
}

function parsed<T>(text: string, url: string): T {
  try {
    // Pulsar answers nothing at all for some settings that are not set.
    return (text === "" ? null : JSON.parse(text)) as T;
  } catch (cause) {
    throw new PulsarAdminError(200, `${url} is no web service of Pulsar: it answered '${text.slice(0, 80)}'.`, {
      cause,
    });
  }
}

/** The broker's own words: JSON with a reason, or a page of HTML with them in its title. */
function reasonOf(text: string): string {
  const json = /"reason"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  const words =
    json === undefined ? (/<title>(?:Error \d+ )?([^<]*)<\/title>/.exec(text)?.[1] ?? text) : JSON.parse(json);
  return (String(words).trim().split("\n")[0] ?? "").slice(0, 300).replace(/\.$/, "") || "no reason given";
}
