import type { Message } from "../../contract/contract.ts";
import type { Answer, Verdict } from "../../task-http/answer.ts";
import type { HttpRequest } from "./http-client.ts";

/** How one kind of target is spoken to. */
export interface Protocol {
  /** Throws, or rejects, where the task can't be put into a request. `now` is in ms since the Unix epoch. */
  request(task: Message, event: unknown, now: number): HttpRequest | Promise<HttpRequest>;
  /** What an answer comes to. `body` is its beginning. */
  judge(answer: Omit<Answer, "text"> & { readonly body: Buffer }, now: number): Verdict;
  /** Whether the answer is in the body, so that a part of it is no answer. */
  readonly needsBody: boolean;
  /** Most bytes of a body that are read. */
  readonly mostBytes: number;
}
