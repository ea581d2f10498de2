// The rate limit of an account: requests per hour.

export interface Budget {
  /** Uses one request; `allowed` is false where none remains. */
  take(account: string): BudgetState & { readonly allowed: boolean };
  state(account: string): BudgetState;
  /** Sets the remaining requests of the current hour. */
  setRemaining(account: string, remaining: number): void;
  clear(): void;
}

export interface BudgetState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the limit is reset. */
  readonly resetSeconds: number;
}

const hourMs = 3_600_000;

/** An hour starts with the first request after the previous hour. */
export function createBudget(limit: number, now: () => number): Budget {
  const hours = new Map<string, { readonly startMs: number; used: number }>();

  function hourOf(account: string) {
    const known = hours.get(account);
    const age = known === undefined ? hourMs : now() - known.startMs;
    // A clock that was set back does not extend the hour.
    if (known !== undefined && age >= 0 && age < hourMs) return known;
    const fresh = { startMs: now(), used: 0 };
    hours.set(account, fresh);
    return fresh;
  }

  function state(account: string): BudgetState {
    const { startMs, used } = hourOf(account);
    const resetSeconds = Math.max(1, Math.ceil((startMs + hourMs - now()) / 1000));
    return { limit, remaining: Math.max(0, limit - used), resetSeconds };
  }

  return {
    take(account) {
      const hour = hourOf(account);
      const allowed = hour.used < limit;
      if (allowed) hour.used += 1;
      return { ...state(account), allowed };
    },
    state,
    setRemaining(account, remaining) {
      hourOf(account).used = limit - remaining;
    },
    clear: () => hours.clear(),
  };
}
