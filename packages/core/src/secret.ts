// Secrets: values that never print, and the three ways in which a configuration may refer to one.
import { z } from 'zod';

const redacted = '[secret]';

/** A secret value. Printing, joining, inspecting or serialising it gives `[secret]`; only `reveal()` gives the value. */
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
    ? 'a secret must not stand in the configuration: expected { env: NAME } or { file: path }'
    : `expected ${forms}`;

/**
 * How a configuration refers to a secret: `{ env: NAME }` or `{ file: path, optional: true }`, which is read again when
 * the file changes. A secret's own text is a fault.
 */
export const secretReference = z.union(external, { error: expected('{ env: NAME } or { file: path }') });

/** How a source refers to a secret: as above, or `{ managed: true }`, made and kept by us under `data/secrets/`. */
export const sourceSecretReference = z.union([...external, z.strictObject({ managed: z.literal(true) })], {
  error: expected('{ env: NAME }, { file: path } or { managed: true }'),
});

export type SecretReference = z.infer<typeof secretReference>;
export type SourceSecretReference = z.infer<typeof sourceSecretReference>;

/** A secret that is configured and may change while we run: `current()` gives the values that are valid now, in order. */
export interface SecretSource {
  current(): readonly Secret[];
}
