// Whether a destination has taken an event under its present settings. Until then a refusal may be a wrong setting.
import type { DeliveryDestination } from './services.ts';

/** Shared by the delivery streams of a destination. */
export type SettingsProof = ReturnType<typeof createSettingsProof>;

export function createSettingsProof({ proven, onProven }: DeliveryDestination['settings']) {
  let isProven = proven;
  return {
    isProven: () => isProven,
    /** The destination has taken an event. */
    prove() {
      if (isProven) return;
      isProven = true;
      onProven();
    },
  };
}
