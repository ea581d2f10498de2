// An age guard for tests with one clock: ages are always certain.
import type { AgeGuard } from '@xiq-siem/core';

export const certainAge: AgeGuard = {
  mayDeleteByAge: () => true,
  step: () => undefined,
  resume: () => {},
  confirmedMs: () => undefined,
};
