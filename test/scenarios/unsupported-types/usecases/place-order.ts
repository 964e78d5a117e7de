import { useCase } from "fivefold";

class Account {
  balance = 0;
}

enum State {
  Open = "open".length,
}

interface OrderPlaced {
  anything: any;
  unknown: unknown;
  impossible: number & string;
  callback: () => void;
  method(): string;
  token: symbol;
  account: Account;
  tags: Set<string>;
  link: URL;
  shape: object;
  empty: {};
  pair: [...string[], number];
  either: string[] | number[];
  alike: { id: string } | { id: string; note?: string };
  absentItems: (string | undefined)[];
  counts: Record<number, string>;
  mixed: { name: string; [key: string]: string };
  infinite: 1e999;
  oneBig: 1n;
  twins: 1 | "1";
  state: State;
  deep: { inside: { list: Promise<string>[] } };
}

export default useCase<OrderPlaced>({
  owner: "team-orders",
  handler: () => {},
});
