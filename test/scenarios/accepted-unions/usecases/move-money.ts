import { type Int, type Text, useCase } from "fivefold";

interface Card {
  type: "card";
  last4: Text<{ minLength: 4; maxLength: 4 }>;
}

interface Iban {
  type: "iban" | "sepa";
  iban: string;
}

/** Where money comes from, or goes. */
type Account = Card | Iban | { type: "cash"; till: { number: Int } };

interface Person {
  login: string;
}

interface Company {
  vat: string;
  owners: Owner[];
}

/** No literal tells them apart, but each has a field that the other has not. */
type Owner = Person | Company;

type Condition = string | { all: Condition[] } | { any: Condition[] } | { not: Condition };

type Result = { data: number; error: null } | { data: null; error: { code: string } };

interface Base {
  id: string;
  at: Date;
}

interface Moved extends Base {
  action: "moved";
  from: Account;
  to: Account;
  amount: bigint | number | string;
  owner?: Owner | null;
  history: Account[];
  limits: Record<string, Account | null>;
  when: Date | "now";
  condition: Condition;
  note: string | string[] | null;
}

/** Nothing moved. */
interface Refused extends Base {
  action: "refused";
  result: Result;
  retry: boolean | number;
}

/** Money moved, or did not. */
export type MoneyMoved = Moved | Refused;

export default useCase<MoneyMoved>({
  owner: "team-money",
  frontend: { dedupeBy: "id", clients: ["python"] },
  delivery: { filter: (event) => event.action === "moved" },
  handler: (event) => (event.action === "moved" ? event.from.type : event.result.error?.code),
});
