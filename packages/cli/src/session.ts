// What commands work with in a real process: its terminal, and the connector that is opened when it is asked.
import type { Product, Session } from './command.ts';
import { processTerminal } from './terminal/process-terminal.ts';

export const processSession = (product: Product): Session => ({
  terminal: processTerminal(),
  product,
  // Loaded when it is needed: the schemas of the admin API cost start-up time.
  open: async (options, purpose) => (await import('./open-operations.ts')).openOperations(product, options, purpose),
});
