// Knows our own looks at the public URL when they come in, so that they are told as nobody's wrong secret.
import { randomBytes } from 'node:crypto';
import { selfCheckHeader } from './public-url/post-without-secret.ts';

export type SelfChecks = ReturnType<typeof createSelfChecks>;

export function createSelfChecks() {
  const marks = new Set<string>();
  return {
    /** Looks with a mark that is known as long as it lasts. */
    async look<Found>(withMark: (mark: string) => Promise<Found>): Promise<Found> {
      const mark = randomBytes(18).toString('base64url');
      marks.add(mark);
      try {
        return await withMark(mark);
      } finally {
        marks.delete(mark);
      }
    },
    /** Of a request, by its headers. */
    isOwn: (header: (name: string) => string | undefined): boolean => marks.has(header(selfCheckHeader) ?? ''),
  };
}
