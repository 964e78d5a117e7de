import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { testUseCase } from "fivefold/testing";
import { executor as closeMonth } from "../generated/close-month/executor.ts";
import { executor as postCharge } from "../generated/post-charge/executor.ts";
import { executor as sendInvoice } from "../generated/send-invoice/executor.ts";
import { chargesOf, clearLedger } from "../src/ledger.ts";

beforeEach(clearLedger);

test("an account's charges are posted in their order, each once", async () => {
  await using t = await testUseCase(postCharge);
  for (let number = 0; number < 50; number++) {
    const charge = { chargeId: `c${number}`, account: number % 2 === 0 ? "DE0001" : "FR0002", cents: 100 };
    await t.enqueue(charge);
    await t.enqueue(charge); // the client was not sure, and sent it again
  }
  assert.equal(t.handled.length, 50);
  assert.deepEqual(
    chargesOf("DE0001"),
    Array.from({ length: 25 }, (_, index) => `c${2 * index}`),
  );
});

test("a month that is closed twice sends one invoice to each account that owes something", async () => {
  await using t = await testUseCase(closeMonth, postCharge, sendInvoice);
  await t.enqueueTo(postCharge, { chargeId: "c1", account: "DE0001", cents: 500 });
  await t.enqueueTo(postCharge, { chargeId: "c2", account: "DE0001", cents: 250 });
  await t.enqueueTo(postCharge, { chargeId: "c3", account: "FR0002", cents: -100 });
  await t.enqueue({ month: "2027-01" });
  await t.enqueue({ month: "2027-01" });
  const invoices = t.handled.filter(({ useCase }) => useCase === "send-invoice").map(({ event }) => event);
  assert.deepEqual(invoices, [{ invoiceId: "DE0001-2027-01", account: "DE0001", cents: 750 }]);
});

test("the schedule closes each month by itself", async () => {
  await using t = await testUseCase(closeMonth, sendInvoice);
  await t.pass("62d");
  const months = t.handled.map(({ event }) => (event as { month: string }).month);
  assert.ok(months.length === 2 || months.length === 3, `${months.length} months`);
  assert.equal(new Set(months).size, months.length);
});

test("a charge to an account that can't be is refused", async () => {
  await using t = await testUseCase(postCharge);
  await assert.rejects(
    t.enqueue({ chargeId: "c1", account: "nobody", cents: 1 }),
    /account: must be a string that matches/,
  );
});
