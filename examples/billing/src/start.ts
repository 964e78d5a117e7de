/* Charges two accounts, then closes the month by hand: nobody wants to wait for the schedule. */
import { closeMonth } from "../generated/close-month/client.ts";
import { postCharge } from "../generated/post-charge/client.ts";

for (let number = 0; number < 10; number++) {
  await postCharge.enqueue({
    chargeId: `charge-${number}`,
    account: number % 2 === 0 ? "DE0001" : "FR0002",
    cents: 990,
  });
}
await closeMonth.enqueue({ month: "2027-01" }, { delay: "5s" });
console.log("10 charges are enqueued; the month ends in 5 s");
