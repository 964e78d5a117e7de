import { booksClosed, invoiceChanged } from "../e2e/stacks/ways-in-files.ts";
import { RECORD } from "./shop-files.ts";

/*
 * A project whose events come by HTTP, from a table and by themselves, and whose tasks also go to a service.
 */

const IMPORTS = `import { record } from "../src/record.ts";
`;
const INVOICE = invoiceChanged(`record("invoice-changed", \`\${event.id} \${event.state}\`)`, IMPORTS);
const CLOSING = booksClosed('record("books-closed", event.at)', IMPORTS);

const THUMBNAIL = `import { service, useCase } from "fivefold";

export interface MakeThumbnail { fileId: string; later: boolean }

export default useCase<MakeThumbnail>({
  owner: "team-previews",
  delivery: { target: service("thumbnails") },
  execution: { timeout: "20s" },
});
`;

/** The service: it writes down what it was sent, at once or by a callback. */
export const THUMBNAILS_SERVICE = `import { createServer } from "node:http";
import { LATER, sendOutcome } from "fivefold/receiver";
import { receiver } from "./generated/make-thumbnail/receiver.ts";

const secret = process.env.FIVEFOLD_SIGNING_SECRET_THUMBNAILS;
createServer(receiver.node(async ({ fileId, later }, { callback }) => {
  console.log(\`received \${fileId}\`);
  if (!later) return;
  setTimeout(async () => {
    await sendOutcome(callback, { outcome: "done" }, { secret });
    console.log(\`told of \${fileId}\`);
  }, 500);
  return LATER;
})).listen(3000);
`;

export const WAYS_FILES: Readonly<Record<string, string>> = {
  "src/record.ts": RECORD,
  "usecases/invoice-changed.ts": INVOICE,
  "usecases/books-closed.ts": CLOSING,
  "usecases/make-thumbnail.ts": THUMBNAIL,
};
