import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { emitPythonClient } from "../../compiler/emit/python/client.ts";
import { pythonNames } from "../../compiler/emit/python/names.ts";
import { IMPORTS, SUPPORT } from "../../compiler/emit/python/runtime.ts";
import { variantsOf } from "../../compiler/emit/python/types.ts";
import { connect } from "../../runtime/connection.ts";
import { createProject } from "../cli/project.ts";
import { model } from "../compiler/emit/arbitrary.ts";
import { valuesOf } from "../compiler/emit/arbitrary-values.ts";
import { loadJson } from "../compiler/emit/load-json.ts";
import { runs } from "../property-runs.ts";
import { pythonEvent } from "./gateway-clients/python-values.ts";

/*
 * Clients of the gateway for other languages, run by what runs these languages.
 */

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "fivefold-clients-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test("Python: any event's JSON is that of TypeScript", async () => {
  const root = await folder();
  const told = model.filter((useCase) => {
    const { event, name } = useCase;
    const scope = { event, names: pythonNames(name, event) };
    return event.unions.every((union) => variantsOf(union, scope) !== undefined);
  });
  const cases = told.chain((useCase) =>
    fc.tuple(fc.constant(useCase), fc.array(valuesOf(useCase), { minLength: 3, maxLength: 3 })),
  );
  const samples = fc.sample(cases, { ...runs(120), seed: 16 });
  const driver = ["import json, datetime"];
  const expected: unknown[] = [];
  for (const [i, [useCase, values]] of samples.entries()) {
    const asked = { ...useCase, frontend: { ...useCase.frontend, clients: "python" } };
    await writeFile(join(root, `m${i}.py`), emitPythonClient(asked)!.text);
    const { toJson } = loadJson(useCase);
    const isUnion = useCase.event.unions.some(({ name }) => name === useCase.event.name);
    const { type } = pythonNames(useCase.name, useCase.event);
    const made = isUnion ? `_json_of_${type(useCase.event.name)}(VALUE)` : "VALUE._json()";
    for (const value of values) {
      expected.push(JSON.parse(JSON.stringify(toJson(value))));
      const source = made.replace("VALUE", () => `(${pythonEvent(useCase, value)})`);
      driver.push(`import m${i}`, `print(json.dumps(eval(${JSON.stringify(source)}, vars(m${i}))))`);
    }
  }
  await writeFile(join(root, "driver.py"), driver.join("\n"));
  const printed = execFileSync("python3", ["driver.py"], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  const lines = printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(expected.length);
  for (const [i, line] of lines.entries()) expect(line).toEqual(expected[i]);
});

test("Python: a Retry-After that is no number of seconds, as something on the way may send it, does not hide the refusal", async () => {
  const root = await folder();
  const program = [
    IMPORTS,
    SUPPORT,
    "import email.message, io",
    "waits = []",
    "time.sleep = waits.append",
    "def refuse(request, timeout):",
    "    headers = email.message.Message()",
    '    headers["Retry-After"] = told',
    '    raise urllib.error.HTTPError("", 429, "", headers, io.BytesIO(b"{}"))',
    "urllib.request.urlopen = refuse",
    "_Gateway._path = ''",
    'for told in ["2", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "nan", "inf", "1e9"]:',
    "    try:",
    '        _Gateway("http://localhost")._post("", {}, None, None, None, None)',
    "    except GatewayError as error:",
    "        assert error.status == 429",
    "print(json.dumps(waits[::2]))",
  ];
  await writeFile(join(root, "program.py"), program.join("\n"));
  const printed = execFileSync("python3", ["program.py"], { cwd: root, encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual([2, 1, 1, 1, 1, 1]);
});

const ORDER = `import { type Text, type Uint, useCase } from "fivefold";

/** What is ordered, and how it's "paid". */
export interface OrderPlaced {
  orderId: string;
  class: "gold" | "silver" | 3;
  lines: OrderLine[];
  total: number;
  balance: bigint;
  placedAt: Date;
  receipt: Uint8Array;
  labels: Record<string, string | null>;
  note?: string | null;
  coupons?: string[];
  payment: Card | Invoice;
  size: [width: number, height: number, depth?: number];
}

export interface OrderLine { sku: Text<{ maxLength: 32 }>; quantity: Uint }
export interface Card { kind: "card"; last4: string }
export interface Invoice { kind: "invoice"; days: number }

export default useCase<OrderPlaced>({ owner: "team-a", frontend: { clients: ["python"] }, handler: () => {} });
`;

const PROGRAM = `
import datetime, json, sys
from place_order import ABSENT, Card, GatewayError, Invoice, OrderLine, OrderPlaced, PlaceOrderClient

def event(i):
    return OrderPlaced(
        order_id=f"order {i} \\U0001f600",
        class_=["gold", "silver", 3][i % 3],
        lines=[OrderLine(sku=f"sku-{n}", quantity=n) for n in range(i % 4)],
        total=i / 7,
        balance=9007199254740993 * (-1) ** i,
        placed_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=i * 1234567),
        receipt=bytes([i % 256, 255, 0]),
        labels={"b": None, "a": "x", "__proto__": str(i)} if i % 2 else {},
        note=[None, ABSENT, "", "n"][i % 4],
        coupons=[None, [], ["a"]][i % 3],
        payment=Card(kind="card", last4="1234") if i % 2 else Invoice(kind="invoice", days=i),
        size=[1, 2] if i % 2 else [1, 2, 3.5],
    )

client = PlaceOrderClient(sys.argv[1], token=sys.argv[2])
ids = [client.enqueue(event(i)).id for i in range(500)]
ids += [receipt.id for receipt in client.enqueue_all([event(i) for i in range(500, 1000)])]
again = [client.enqueue(event(1000), idempotency_key="k") for _ in range(2)]
assert [receipt.duplicate for receipt in again] == [False, True] and again[0].id == again[1].id
client.enqueue(event(1001), delay="1h", traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
client.enqueue(event(1002), at=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1))
try:
    client.enqueue_all([event(0), OrderPlaced(**{**vars(event(1)), "lines": [OrderLine(sku="x" * 33, quantity=-1)]})])
    raise SystemExit("was not refused")
except GatewayError as error:
    assert error.code == "invalid-event" and error.status == 400, error
    assert [violation["path"] for violation in error.problem["violations"]] == ["lines[0].sku", "lines[0].quantity"], error.problem
try:
    PlaceOrderClient(sys.argv[1], token="billing.wrong").enqueue(event(0))
    raise SystemExit("was let in")
except GatewayError as error:
    assert error.code == "unauthenticated"
try:
    OrderPlaced(**{**vars(event(1)), "placed_at": datetime.datetime(2026, 1, 1)})._json()
    raise SystemExit("took a time without a zone")
except ValueError:
    pass
print(json.dumps({"ids": ids, "events": [event(i)._json() for i in range(1000)]}))
`;

test("Python: 1,000 events are stored as those of the generated client, and refusals are typed", async () => {
  const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/place-order.ts": ORDER });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  const { token, entry } = JSON.parse((await project.fivefold("new-token", "billing", "--json")).stdout);
  await project.write("tokens.json", JSON.stringify({ tokens: [entry] }));
  await project.write("generated/contracts/program.py", PROGRAM);
  const started = project.start(["gateway", "--tokens", "tokens.json", "--port", "0", "--metrics-port", "0"]);
  await started.prints("takes events of place-order at ");
  const [, port] = /:(\d+); metrics/.exec(started.printed.stdout)!;
  const { ids, events } = JSON.parse(
    execFileSync("python3", ["-W", "error", "program.py", `http://127.0.0.1:${port}`, token], {
      cwd: join(project.root, "generated/contracts"),
      encoding: "utf8",
      env: { ...process.env, no_proxy: "127.0.0.1", PYTHONDONTWRITEBYTECODE: "1" },
      maxBuffer: 2 ** 26,
    }),
  );
  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0, stderr: "" });

  const { encode } = await import(join(project.root, "generated/place-order/codec.ts"));
  const { fromJson } = await import(join(project.root, "generated/place-order/json.ts"));
  const connection = await connect({ data: join(project.root, ".fivefold/data") });
  onTestFinished(() => connection.close());
  const consumer = await connection.ports.transport.subscribe("place-order", "default", "shared");
  const stored = new Map<string, Buffer>();
  while (stored.size < 1_001) {
    const messages = await consumer.receive(100);
    for (const { id, payload } of messages) stored.set(id, Buffer.from(payload));
    await consumer.acknowledge(messages);
  }
  for (const [i, id] of (ids as string[]).entries()) {
    expect(stored.get(id)).toEqual(Buffer.from(encode(fromJson(events[i]))));
  }
  expect(await project.fivefold("build", "--check")).toMatchObject({ code: 0 });
});
