import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPulsarAdmin } from "../../../stacks/pulsar/admin-client.ts";
import { freePorts } from "../../parts/free-ports.ts";

interface Answer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A web service that gives these answers in turn, the last for ever. */
async function startWebService(...answers: Answer[]) {
  const requests: Pick<IncomingMessage, "method" | "url" | "headers">[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    requests.push({ method, url, headers });
    const { status, text = "", headers: more = {} } = answers[Math.min(requests.length, answers.length) - 1] as Answer;
    response.writeHead(status, more).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests };
}

const TOKEN = "header.payload.signature";

test("what is not there is undefined, and as good as deleted", async () => {
  const { url } = await startWebService({ status: 404, text: '{"reason":"Topic not found"}' });
  const admin = createPulsarAdmin({ adminUrl: url });
  expect(await admin.get("/tenants/shop")).toBeUndefined();
  await admin.delete("/tenants/shop");
});

test("a cluster that is busy or restarts is asked again", async () => {
  const busy = await startWebService(
    { status: 503 },
    { status: 409, text: "Concurrent modification" },
    { status: 204 },
  );
  await createPulsarAdmin({ adminUrl: busy.url }).post("/tenants/shop", {});
  expect(busy.requests).toHaveLength(3);
});

test("what stays so is an error with the broker's words and the way to fix it", async () => {
  const { url, requests } = await startWebService({
    status: 500,
    text: "<html><head><title>Error 500 Metadata store\nis gone</title></head></html>",
  });
  const refused = createPulsarAdmin({ adminUrl: url, token: TOKEN }).put("/tenants/shop", {});
  await expect(refused).rejects.toMatchObject({
    status: 500,
    message: `PUT ${url}/admin/v2/tenants/shop was answered 500: Metadata store. That was so 5 times in a row: the broker's log says why.`,
  });
  expect(requests).toHaveLength(5);
});

test.each([
  [401, undefined, "The cluster asks for a token: pulumi config set --secret fivefold:pulsarAdminToken"],
  [401, TOKEN, "The token is wrong or has expired"],
  [403, TOKEN, "The token's role has to be an administrator of the tenant"],
  [409, TOKEN, "pulumi refresh shows what the cluster has"],
  [412, TOKEN, "The cluster does not allow it as things stand"],
])("status %i is refused at once, and says what to do", async (status, token, fix) => {
  const { url, requests } = await startWebService({ status, text: '{"reason":"No \\"luck\\"."}' });
  const error: Error = await createPulsarAdmin({ adminUrl: url, token })
    .post("/tenants/shop", {})
    .then(
      () => expect.fail("it was taken"),
      (reason) => reason,
    );
  expect(error.message).toContain(`was answered ${status}: No "luck". `);
  expect(error.message).toContain(fix);
  expect(error.message).not.toContain(TOKEN);
  expect(requests).toHaveLength(1);
});

test("what exists may be as good as made", async () => {
  const { url } = await startWebService({ status: 409, text: '{"reason":"This topic already exists"}' });
  const admin = createPulsarAdmin({ adminUrl: url });
  await admin.put("/persistent/shop/test/greet", undefined, { mayExist: true });
  await expect(admin.put("/persistent/shop/test/greet")).rejects.toThrow("This topic already exists");
});

test("the broker that owns a topic is followed to, with the token", async () => {
  const owner = await startWebService({ status: 200, text: '{"partitions":3}' });
  const path = "/admin/v2/persistent/shop/test/greet/partitions";
  const first = await startWebService({ status: 307, headers: { location: `${owner.url}${path}` } });
  const admin = createPulsarAdmin({ adminUrl: `${first.url}/`, token: TOKEN });
  expect(await admin.get("/persistent/shop/test/greet/partitions")).toEqual({ partitions: 3 });
  expect(owner.requests).toMatchObject([{ method: "GET", url: path, headers: { authorization: `Bearer ${TOKEN}` } }]);
});

test("a redirection in a circle ends", async () => {
  const circle = await startWebService({ status: 307, headers: { location: "/admin/v2/tenants/shop" } });
  const asked = createPulsarAdmin({ adminUrl: circle.url }).get("/tenants/shop");
  await expect(asked).rejects.toThrow(/was answered 508: redirected 5 times.* Do the brokers advertise/);
  expect(circle.requests).toHaveLength(5);
});

test("another service, and none at all, are told from Pulsar", async () => {
  const { url } = await startWebService({ status: 200, text: "<h1>Welcome</h1>" });
  await expect(createPulsarAdmin({ adminUrl: url }).get("/tenants")).rejects.toThrow(
    `${url}/admin/v2/tenants is no web service of Pulsar: it answered '<h1>Welcome</h1>'.`,
  );
  const [port] = await freePorts(1);
  const none = createPulsarAdmin({ adminUrl: `http://127.0.0.1:${port}` }).get("/tenants");
  await expect(none).rejects.toThrow(
    /GET .* was not answered: .*ECONNREFUSED.* Is fivefold:pulsarAdminUrl the web service's URL/,
  );
});
