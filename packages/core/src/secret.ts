// Secret values, and references to them in a configuration.
import { z } from 'zod';

const redacted = '[secret]';

/** A secret value. Printing, inspecting or serializing it yields `[secret]`; only `reveal()` returns the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted;
  }
}

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const external = [
  z.strictObject({ env: environmentName, optional: z.boolean().default(false) }),
  z.strictObject({ file: z.string().min(1), optional: z.boolean().default(false) }),
] as const;

const expected = (forms: string) => (issue: { readonly input?: unknown }) =>
  typeof issue.input === 'string'
    ? 'the configuration must not contain a secret: expected { env: NAME } or { file: path }'
    : `expected ${forms}`;

/**
 * Zod schema of a reference to a secret: `{ env: NAME }` or `{ file: path }`, each with `optional: true` if it may be
 * missing. A file is read again when it changes. The secret itself is rejected.
 */
export const secretReference = z.union(external, { error: expected('{ env: NAME } or { file: path }') });

/** As `secretReference`, or `{ managed: true }`: the connector creates the secret and stores it under `data/secrets/`. */
export const sourceSecretReference = z.union([...external, z.strictObject({ managed: z.literal(true) })], {
  error: expected('{ env: NAME }, { file: path } or { managed: true }'),
});

export type SecretReference = z.infer<typeof secretReference>;
export type SourceSecretReference = z.infer<typeof sourceSecretReference>;

/** A configured secret. It may change at any time, so call `current()` for each request. */
export interface SecretSource {
  /** The values that are valid now, the preferred one first; empty if an optional secret is missing. */
  current(): readonly Secret[];
}
