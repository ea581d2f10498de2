// What each word in a reply, a status and an authentication type means.

import { cachedByText } from '../cached-by-text.ts';
import { type Classification, type ClassificationRow, classification, type Meanings } from './mapping.ts';
import { operatorsClassification, statedReason, statusWord } from './words.ts';

const category = ['authentication', 'network'] as const;

const accept = classification('radius-accept', category, ['start', 'allowed'], 'info', 'success');
const reject = classification('radius-reject', category, ['start', 'denied'], 'warning', 'failure');
const challenge = classification('radius-challenge', category, ['info'], 'info', 'unknown');
const undecided = classification('radius-reply', category, ['info'], 'info', 'unknown');

interface Verdict {
  readonly as: Classification;
  readonly words: readonly string[];
  /** The code of the RADIUS packet (RFC 2865, 3), as a reply. */
  readonly code: string;
}

/** The values are not public: these words are those that RADIUS and status columns use. */
const verdicts: readonly Verdict[] = [
  {
    as: accept,
    code: '2',
    words: `ACCEPT ACCEPTED ALLOWED AUTHENTICATED AUTHORIZED OK PASS PASSED PERMIT PERMITTED
      SUCCEEDED SUCCESS SUCCESSFUL`.split(/\s+/),
  },
  {
    as: reject,
    code: '3',
    words: `BLOCKED DENIED DENY FAIL FAILED FAILURE INCORRECT INVALID REJECT REJECTED TIMEOUT
      UNAUTHENTICATED UNAUTHORIZED UNSUCCESSFUL`.split(/\s+/),
  },
  { as: challenge, code: '11', words: ['CHALLENGE', 'PENDING'] },
];

export const replyRows: readonly ClassificationRow[] = [
  ...verdicts.map(({ as, words, code }) => ({
    when: `\`reply\` ${code}, or \`reply\`, then \`auth_status\`, with the word ${words.join(', ')}`,
    as,
  })),
  { when: 'a `reject_reason`', as: reject },
  { when: 'else', as: undecided },
];

const byWord = new Map(verdicts.flatMap(({ as, words }) => words.map((word) => [word, as] as const)));
const byCode = new Map(verdicts.map(({ as, code }) => [code, as] as const));
const byOutcome = { success: accept, failure: reject, unknown: undecided };

/** Each word in a text, in upper case: `Access-Reject` and `AccessReject` are ACCESS and REJECT. */
export const upperWords = (text: string): readonly string[] =>
  text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** T: the end of "isn't". */
const negations: ReadonlySet<string> = new Set('CANNOT NEVER NO NON NOT T WITHOUT'.split(' '));

/** Undefined if no word decides, if the words contradict each other, or if they are negated. */
const verdictOf = cachedByText((text): Classification | undefined => {
  const clauses = text.split(/[,;:.()]/).map(upperWords);
  const decisive = clauses.filter((words) => !words.some((word) => negations.has(word))).flat();
  const found = new Set(decisive.map((word) => byWord.get(word)).filter((verdict) => verdict !== undefined));
  return found.size === 1 ? [...found][0] : undefined;
});

interface Reply {
  readonly reply?: string | undefined;
  readonly auth_status?: string | undefined;
  readonly reject_reason?: string | undefined;
}

/** The operator's classification by a reply or status. */
function operatorsReply(meanings: Meanings, texts: readonly string[]): Classification | undefined {
  const { codes, statusWords } = meanings;
  if (codes.size === 0 && statusWords.size === 0) return undefined;
  const outcome = texts.map((text) => statusWords.get(statusWord(text))).find((found) => found !== undefined);
  return operatorsClassification(meanings, ...texts) ?? (outcome && byOutcome[outcome]);
}

export function classificationOf({ reply, auth_status, reject_reason }: Reply, meanings: Meanings): Classification {
  const texts = [reply, auth_status].filter((text) => text !== undefined);
  const decided =
    operatorsReply(meanings, texts) ??
    (reply === undefined ? undefined : (byCode.get(reply.trim()) ?? verdictOf(reply))) ??
    (auth_status === undefined ? undefined : verdictOf(auth_status));
  return decided ?? (statedReason(reject_reason) === undefined ? undecided : reject);
}

/** Logins at a captive web portal, which the cloud logs beside those by RADIUS. */
const portalWords: ReadonlySet<string> = new Set('CWP FACEBOOK GOOGLE LINKEDIN PIN PORTAL SOCIAL TWITTER'.split(' '));
const keyWords: ReadonlySet<string> = new Set(['PPSK', 'PSK']);

/** `key`: a private PSK. */
export type LoginBy = 'radius' | 'key' | 'portal';

const loginByType = cachedByText((authType): LoginBy => {
  const words = upperWords(authType);
  if (words.includes('RADIUS')) return 'radius';
  if (words.some((word) => portalWords.has(word))) return 'portal';
  return words.some((word) => keyWords.has(word)) ? 'key' : 'radius';
});

/** Access points check a private PSK by RADIUS or by themselves. It is RADIUS if the reply is the name of a packet. */
export function loginBy(authType: string | undefined, reply: string | undefined): LoginBy {
  const by = authType === undefined ? 'radius' : loginByType(authType);
  return by === 'key' && reply !== undefined && upperWords(reply)[0] === 'ACCESS' ? 'radius' : by;
}
