import { type Bytes, type Float, type Int, type List, type Text, type Uint, useCase } from "fivefold";

interface OrderPlaced {
  negative: Uint<{ min: -1 }>;
  fraction: Int<{ max: 1.5 }>;
  huge: Int<{ max: 9007199254740993 }>;
  text: Text<{ minLength: 5; maxLength: 3 }>;
  half: Text<{ maxLength: 2.5 }>;
  pattern: Text<{ pattern: "(" }>;
  exponential: Text<{ pattern: "^(a+)+$"; maxLength: 64 }>;
  polynomial: Text<{ pattern: "^.*@.*\\.com$" }>;
  back: Text<{ pattern: "^(.)\\1$" }>;
  mistyped: Text<{ maxLength: 5; maxLenght: 4 }>;
  wide: Text<{ maxLength: number }>;
  list: List<string, { minItems: 3; maxItems: 2 }>;
  bytes: Bytes<{ maxLength: -1 }>;
  float: Float<{ min: 2; max: 1 }>;
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
