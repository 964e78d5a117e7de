/* A Lambda function in Node.js without AWS's runtime: it speaks the runtime API itself, and does what its event says. */
import { createReceiver, RejectError } from "../../../runtime/receiver.ts";
import type { Note } from "../../runtime/note-contract.ts";

const receiver = createReceiver<Note>({
  settings: { name: "note", version: 1, maxPayloadBytes: 10_000 },
  subscriber: "default",
  target: "resize",
  format: "json",
  decode: (payload) => JSON.parse(Buffer.from(payload).toString()) as Note,
  fromJson: (value) => value as Note,
  validate: () => undefined,
});
const handler = receiver.lambda(async ({ id }, { attempt }) => {
  if (id === "rejected") throw new RejectError("never");
  if (id === "again" && attempt < 3) throw new Error("again");
  if (id === "slow") await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (id === "ends") process.exit(7);
});

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = (await next.json()) as Parameters<typeof handler>[0];
  if (event.body?.includes('"throws"')) {
    const error = { errorType: "TypeError", errorMessage: "of the function itself", trace: [] };
    await fetch(`${api}/${id}/error`, { method: "POST", body: JSON.stringify(error) });
  } else if (event.body?.includes('"plain"')) {
    await fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify({ resized: true }) });
  } else await fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify(await handler(event)) });
}
