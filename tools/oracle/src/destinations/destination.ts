// What the oracle needs of a destination: its configuration, what arrived there, and the ways in which it fails.
import type { Arrivals } from '../arrivals.ts';
import type { Mode } from './http-fake.ts';

export interface FakeDestination {
  readonly name: string;
  /** Its entry in the connector's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly arrivals: Arrivals;
  /** A second delivery stores no second copy. */
  readonly deduplicates: boolean;
  /** Failures of all its servers, or of one. `ok` ends them. */
  setMode(mode: Mode, node?: number): void;
  close(): void;
}
