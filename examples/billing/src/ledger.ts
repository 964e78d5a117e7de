/** Charges by account. A real project keeps them in its database; what matters here is that posting twice changes nothing. */
const charges = new Map<string, Map<string, number>>();

export function post(account: string, chargeId: string, cents: number): void {
  const posted = charges.get(account) ?? new Map<string, number>();
  posted.set(chargeId, cents);
  charges.set(account, posted);
}

/** What each account owes, in cents. */
export function balances(): [account: string, cents: number][] {
  return Array.from(charges, ([account, posted]): [string, number] => [
    account,
    Array.from(posted.values()).reduce((sum, cents) => sum + cents, 0),
  ]);
}

/** Ids of an account's charges, in the order in which they were posted. */
export function chargesOf(account: string): string[] {
  return Array.from(charges.get(account)?.keys() ?? []);
}

export function clearLedger(): void {
  charges.clear();
}
