import { expect, test } from "vitest";
import { readTokens } from "../../runtime/gateway/tokens.ts";
import { tokenEntry } from "./served.ts";

test.each<[text: string, told: string]>([
  ["{", "a.json is no JSON"],
  ["[]", "a.json must be an object with a list 'tokens'"],
  ["null", "a.json must be an object with a list 'tokens'"],
  ['{"tokens":[null]}', "a.json: tokens[0].producer must be 1 to 64 lower-case letters"],
  ['{"tokens":[{"producer":"Billing"}]}', "tokens[0].producer"],
  ['{"tokens":[{"producer":"billing","useCases":[]}]}', "tokens[0].useCases must be a list"],
  ['{"tokens":[{"producer":"billing","useCases":["a"],"sha256":"AB"}]}', "tokens[0].sha256 must be the SHA-256"],
  [JSON.stringify({ tokens: Array(17).fill(tokenEntry("billing.a", "*")) }), "'billing' has more than 16 tokens"],
])("%s is refused", (text, told) => {
  expect(() => readTokens(text, "a.json")).toThrow(told);
});

test("a token is its producer's alone, also where another's has the same hash", () => {
  const tokens = readTokens(
    JSON.stringify({ tokens: [tokenEntry("billing.a", "x"), tokenEntry("shop.a", "y")] }),
    "a.json",
  );
  expect(tokens.check("billing.a")).toMatchObject({ producer: "billing", useCases: new Set(["x"]) });
  expect(tokens.check("shop.a")).toMatchObject({ producer: "shop" });
  const stolen = { ...tokenEntry("shop.a", "y"), producer: "billing" };
  expect(readTokens(JSON.stringify({ tokens: [stolen] }), "a.json").check("shop.a")).toBeUndefined();
  for (const none of ["", ".", "billing", "billing.", "constructor.a", "__proto__.a"])
    expect(tokens.check(none)).toBeUndefined();
});
