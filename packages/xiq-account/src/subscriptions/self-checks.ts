// Recognizes our own public URL checks at the receiver, so that they are not reported as a wrong secret.
import { randomBytes } from 'node:crypto';
import { selfCheckHeader } from './public-url/post-without-secret.ts';

export type SelfChecks = ReturnType<typeof createSelfChecks>;

export function createSelfChecks() {
  const nonces = new Set<string>();

  async function runSelfCheck<Result>(check: (nonce: string) => Promise<Result>): Promise<Result> {
    const nonce = randomBytes(18).toString('base64url');
    nonces.add(nonce);
    try {
      return await check(nonce);
    } finally {
      nonces.delete(nonce);
    }
  }

  return {
    /** Runs a check with a nonce that is valid until the check ends. */
    run: runSelfCheck,
    /** Whether a request with these headers is a self-check. */
    isOwn: (header: (name: string) => string | undefined): boolean => nonces.has(header(selfCheckHeader) ?? ''),
  };
}
