// Signals: SIGTERM and SIGINT ask to stop, a second one ends the process where it stands; SIGHUP asks to read again.

/** Resolves with the first signal. What was answered 202 is on disk by then, so that the second may end us at once. */
export function stopSignal(): Promise<{ readonly message: string }> {
  return new Promise((resolve) => {
    let asked = false;
    const numbers = { SIGTERM: 15, SIGINT: 2 } as const;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (asked) process.exit(128 + numbers[name]);
        asked = true;
        resolve({ message: name });
      });
    }
  });
}

/** SIGHUP: the configuration is to be read again. Also without a terminal, where it would end the process otherwise. */
export function onReloadSignal(reload: () => void): void {
  process.on('SIGHUP', reload);
}
