// Knows our own looks at the public URL when they come in, so that they are told as nobody's wrong secret.
import { randomBytes } from 'node:crypto';
import type { PublicUrlFinding } from './public-url/findings.ts';
import { lookHeader } from './public-url/post-without-secret.ts';

export interface OwnLooks {
  /** Looks with a mark that is known as long as it lasts. */
  look(withMark: (mark: string) => Promise<readonly PublicUrlFinding[]>): Promise<readonly PublicUrlFinding[]>;
  /** Of a request, by its headers. */
  isOwn(header: (name: string) => string | undefined): boolean;
}

export function createOwnLooks(): OwnLooks {
  const marks = new Set<string>();
  return {
    async look(withMark) {
      const mark = randomBytes(18).toString('base64url');
      marks.add(mark);
      try {
        return await withMark(mark);
      } finally {
        marks.delete(mark);
      }
    },
    isOwn: (header) => marks.has(header(lookHeader) ?? ''),
  };
}
