// The session of a real process: its terminal, and the function that opens the connector.
import type { Product, Session } from './command.ts';
import { processTerminal } from './terminal/process-terminal.ts';

export const processSession = (product: Product): Session => ({
  terminal: processTerminal(),
  product,
  // Loaded on demand: the schemas of the admin API cost start-up time.
  open: async (options, purpose) => (await import('./open-operations.ts')).openOperations(product, options, purpose),
});
