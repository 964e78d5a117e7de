import { type BatchAnswer, exponential, RejectError, type Text, useCase } from "fivefold";
import { mailer } from "../src/mailer.ts";

/** Something happened that a person wants to read of. */
export interface NewsArrived {
  to: Text<{ format: "email" }>;
  headline: Text<{ minLength: 1; maxLength: 200 }>;
}

export default useCase<NewsArrived>({
  owner: "team-notifications",
  flowControl: { maxInFlight: 1_000 },
  delivery: { retry: { max: 5, backoff: exponential("1m", "1h") } },
  execution: { batch: { max: 500, within: "10s" } },
  batchHandler: async (news) => {
    const answers = new Map<string, BatchAnswer>();
    for (const [to, items] of Map.groupBy(news, (item) => item.to)) answers.set(to, await send(to, items));
    return news.map(({ to }) => answers.get(to));
  },
});

async function send(to: string, items: readonly NewsArrived[]): Promise<BatchAnswer> {
  const text = items.map(({ headline }) => `- ${headline}`).join("\n");
  const answer = await mailer.send({ to, subject: `${items.length} news`, text });
  if (answer === 550) return new RejectError(`${to} takes no mail`);
  if (answer === 450) return new Error(`${to} takes no mail for now`);
  return undefined;
}
