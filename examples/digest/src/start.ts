/* News for three people: their emails are in out/ ten seconds later. */
import { addToDigest } from "../generated/add-to-digest/client.ts";

for (let number = 0; number < 30; number++) {
  await addToDigest.enqueue({ to: `person-${number % 3}@example.org`, headline: `News ${number}` });
}
console.log("30 news are enqueued");
