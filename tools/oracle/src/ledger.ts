// Everything that the senders sent, and what the connector answered: the events that it owes, and those that it may have.
import { hash } from 'node:crypto';
import { parseReceipt } from '@xiq-siem/journal';

/** What Elasticsearch does with it: it answers 429 or 403 for ever, or 400. */
export type ElementKind = 'plain' | 'busy' | 'forbidden' | 'refused';

/** Elasticsearch never gives a final answer: the event waits in the journal, or is parked. */
export const isNeverTaken = ({ kind }: Pick<SentElement, 'kind'>): boolean => kind === 'busy' || kind === 'forbidden';

export interface SentElement {
  readonly marker: string;
  readonly kind: ElementKind;
  /** Position in its body. */
  readonly element: number;
  /** Receipts of the 202 responses. The connector owes the event if there is one. */
  readonly receipts: string[];
}

const markerPrefix = 'oracle-';
/** The marker in the text of an element, or undefined. */
export const markerIn = (text: string): string | undefined => new RegExp(`${markerPrefix}\\d+`).exec(text)?.[0];

/** Identifies the text of an element, `event.original`. */
export const hashOf = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);

/** The number of the body that got this receipt. */
export const sequenceOf = (receipt: string): number => parseReceipt(receipt)?.sequence ?? -1;

export interface NewElement {
  readonly text: string;
  readonly marker: string;
  readonly kind: ElementKind;
}

export type Ledger = ReturnType<typeof createLedger>;

export function createLedger() {
  const sent = new Map<string, SentElement>();
  const answers = new Map<string, number>();

  /** Call it before the first attempt: an event may arrive before its response does. */
  function addBody(elements: readonly NewElement[]): (answer: number | string, receipt?: string) => void {
    const added = elements.map(({ text, marker, kind }, element) => {
      const one: SentElement = { marker, kind, element, receipts: [] };
      sent.set(hashOf(text), one);
      return one;
    });
    return (answer, receipt) => {
      answers.set(String(answer), (answers.get(String(answer)) ?? 0) + 1);
      if (receipt !== undefined) for (const { receipts } of added) receipts.push(receipt);
    };
  }

  let markers = 0;
  return {
    addBody,
    /** A text that no other element contains. */
    nextMarker: (): string => `${markerPrefix}${++markers}`,
    /** By the hash of its text. */
    sent: sent as ReadonlyMap<string, SentElement>,
    /** Number of answers, by status or error code. */
    answers: answers as ReadonlyMap<string, number>,
  };
}
