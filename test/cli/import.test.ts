import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "./project.ts";

const ORDER = `syntax = "proto3";
package acme;
import "acme/status.proto";
// Somebody ordered.
message OrderPlaced {
  string id = 7;
  Status status = 3;
}
`;
const STATUS = 'syntax = "proto3"; package acme; enum Status { STATUS_UNSPECIFIED = 0; STATUS_OPEN = 5; }\n';

test("a contract becomes a use case that builds as it is, with the contract's numbers", async () => {
  const project = await createProject({ "protos/acme/order.proto": ORDER, "protos/acme/status.proto": STATUS });
  const imported = await project.fivefold("import", "protos/acme/order.proto");
  expect({ code: imported.code, stderr: imported.stderr }).toEqual({ code: 0, stderr: "" });
  expect(imported.stdout).toContain("✓ usecases/order-placed.ts");
  expect(imported.stdout).toContain("✓ contracts.lock.json");
  expect(imported.stdout).toMatch(/\nNext\n(.*\n)*? {2}npx fivefold build +writes generated\/order-placed\/: /);
  const text = await project.read("usecases/order-placed.ts");
  expect(text).toContain("// Imported from protos/acme/order.proto.");
  expect(text).toContain("export default useCase<OrderPlaced>({");

  const built = await project.fivefold("build");
  expect({ code: built.code, stderr: built.stderr }).toEqual({ code: 0, stderr: "" });
  const contract = await project.read("generated/contracts/order_placed.proto");
  expect(contract).toContain("string id = 7;");
  expect(contract).toContain("optional Status status = 3;");
  expect(contract).toContain("STATUS_OPEN = 5;");
});

test("warnings are printed, and keep nothing from being written", async () => {
  const project = await createProject({ "order.avsc": record('{ "name": "total", "type": "double" }') });
  const { code, stdout, stderr } = await project.fivefold("import", "order.avsc", "--name", "billing/take-order");
  expect(code).toBe(0);
  expect(stderr).toContain("order.avsc:1:112 warning values-differ");
  expect(stderr).toMatch(/1 warning in 1 file\. `fivefold explain <code>` shows an example of each\.\n$/);
  expect(stdout).toContain("✓ usecases/billing/take-order.ts");
  // A contract without numbers leaves them to the first build.
  expect(stdout).not.toContain("contracts.lock.json");
  expect((await project.fivefold("build")).code).toBe(0);
});

test("what can't be imported is refused at its place, and nothing is written; --omit leaves it out", async () => {
  const flags = 'syntax = "proto3";\nmessage Measured {\n  string id = 1;\n  map<bool, string> names = 2;\n}\n';
  const project = await createProject({ "measured.proto": flags });
  const refused = await project.fivefold("import", "measured.proto");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("measured.proto:4:7 error not-representable");
  expect(refused.stderr).toContain("--omit Measured.names");
  expect(refused.stderr).toContain("1 error in 1 file: nothing was written.");
  expect(existsSync(join(project.root, "usecases"))).toBe(false);

  const { code } = await project.fivefold("import", "measured.proto", "--omit", "Measured.names");
  expect(code).toBe(0);
  expect((await project.fivefold("build")).code).toBe(0);
  expect(await project.read("generated/contracts/measured.proto")).toContain("reserved 2;");
});

test("nothing that exists is written over", async () => {
  const project = await createProject({ "a.avsc": record(""), "usecases/order.ts": "// mine\n" });
  const { code, stderr } = await project.fivefold("import", "a.avsc");
  expect(code).toBe(1);
  expect(stderr).toContain("usecases/order.ts exists already");
  expect(await project.read("usecases/order.ts")).toBe("// mine\n");
});

test("a file that is no text in UTF-8 is refused, and so is one that it imports", async () => {
  const latin = Buffer.from('syntax = "proto3";\n// für\nmessage Order { string id = 1; }\n', "latin1");
  const project = await createProject({
    "latin.proto": "",
    "wide.proto": "",
    "own.proto": 'syntax = "proto3"; import "latin.proto"; message Order { string id = 1; }',
    "folder.proto": 'syntax = "proto3"; import "usecases"; message Order { string id = 1; Other other = 2; }',
    "usecases/keep.txt": "",
  });
  writeFileSync(join(project.root, "latin.proto"), latin);
  writeFileSync(join(project.root, "wide.proto"), Buffer.from("\ufeffmessage", "utf16le"));
  for (const [file, message] of [
    ["latin.proto", "latin.proto:2:5 is no UTF-8 text: a byte there is of no character. Save it as UTF-8."],
    ["own.proto", "latin.proto:2:5 is no UTF-8 text"],
    ["wide.proto", "wide.proto begins with the mark of UTF-16, and contracts are in UTF-8"],
    ["folder.proto", "'Other' is in none of the files that were found"],
  ] as const) {
    const { code, stdout, stderr } = await project.fivefold("import", file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  }
});

test("a use case that the lock knows keeps its numbers; a lock with a fault is left alone", async () => {
  const project = await createProject({ "a.proto": 'syntax = "proto3"; message Order { string id = 9; }' });
  expect((await project.fivefold("import", "a.proto")).code).toBe(0);
  const lock = await project.read("contracts.lock.json");
  const again = await project.fivefold("import", "a.proto");
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("contracts.lock.json knows a use case 'order' already");
  expect(await project.read("contracts.lock.json")).toBe(lock);

  const other = await project.fivefold("import", "a.proto", "--name", "other-order");
  expect(other.code).toBe(0);
  expect(await project.read("contracts.lock.json")).toContain('"other-order"');

  await project.write("contracts.lock.json", "{");
  const broken = await project.fivefold("import", "a.proto", "--name", "third-order");
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain("contracts.lock.json can't be followed: it is no JSON");
  expect(existsSync(join(project.root, "usecases/third-order.ts"))).toBe(false);
});

test.each([
  [["order.xml"], 2, "'order.xml' ends in none of .proto, .avsc, .json and .jsonl"],
  [["missing.proto"], 3, "The contract can't be read: no such file or folder"],
  [["a.avsc", "--name", "Place_Order"], 2, "Choose one with --name, such as 'place-order'"],
  [["a.avsc", "--name", "contracts"], 2, "The name 'contracts' is taken"],
  [["a.avsc", "--omit", "Order.none"], 2, "--omit names 'Order.none', which is no field of the types"],
  [["a.avsc", "--type", "Other"], 1, "there is no record 'Other'"],
])("refuses %j and writes nothing", async (args, code, message) => {
  const project = await createProject({ "a.avsc": record("") });
  const ended = await project.fivefold("import", ...args);
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
  expect(ended.stderr).not.toContain("    at ");
  expect(existsSync(join(project.root, "usecases"))).toBe(false);
});

function record(field: string): string {
  const fields = ['{ "name": "id", "type": "string" }', field].filter((text) => text !== "");
  return `{ "type": "record", "name": "Order", "fields": [${fields.join(", ")}] }`;
}
