// Concurrent senders: each posts webhook bodies of elements with unique markers, and notes the answers in the ledger.
import { setTimeout as sleep } from 'node:timers/promises';
import { createPoster, type Random } from '@xiq-siem/simulator';
import { z } from 'zod';
import type { ElementKind, Ledger, NewElement } from './ledger.ts';

export interface SenderOptions {
  readonly senders: number;
  readonly secret: string;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Undefined while the connector does not run. */
  readonly url: () => string | undefined;
}

export interface Pace {
  /** Bodies per second of all senders. */
  readonly rate: number;
  /** Characters added to each element. */
  readonly padding: number;
}

export const normalPace: Pace = { rate: 25, padding: 0 };
export const burstPace: Pace = { rate: 400, padding: 1_500 };

const unreadableShare = 0.01;
/** Of 1,000 elements; the others are plain. */
const kinds: readonly ElementKind[] = ['busy', 'forbidden', ...Array.from({ length: 10 }, () => 'refused' as const)];
const mostAttempts = 4;
const accepted = z.object({ receipt: z.string() });

export type Senders = ReturnType<typeof startSenders>;

export function startSenders({ senders, secret, random, ledger, url }: SenderOptions) {
  const poster = createPoster(senders, `Bearer ${secret}`);
  let pace = normalPace;
  let isRunning = true;

  function newElement(form: (marker: string) => string): NewElement {
    const marker = ledger.nextMarker();
    const kind = kinds[Math.floor(random.next() * 1_000)] ?? 'plain';
    return { text: form(`${marker} ${'x'.repeat(pace.padding)}`.trim()), marker, kind };
  }

  async function sendOne(): Promise<void> {
    const type = random.pick(['AUDIT_LOG_ALL', 'AUTHENTICATION_LOG_ALL'] as const);
    const isReadable = !random.chance(unreadableShare);
    const form = isReadable ? forms[type] : (marker: string) => `not JSON: ${marker}`;
    const elements = Array.from({ length: isReadable ? random.between(1, 5) : 1 }, () => newElement(form));
    const texts = elements.map(({ text }) => text);
    const body = isReadable ? `[${texts.join(',')}]` : texts.join('');
    const answered = ledger.addBody(elements);
    for (let attempt = 1; attempt <= mostAttempts && isRunning; attempt += 1) {
      const base = url();
      if (base !== undefined) {
        const { status, text } = await poster.post(new URL(`/webhooks/xiq/${type}`, base), Buffer.from(body));
        const receipt = status === 202 ? accepted.parse(JSON.parse(text)).receipt : undefined;
        answered(status, receipt);
        if (receipt !== undefined) return;
      }
      await sleep(random.between(100, 1_000));
    }
  }

  async function runSender(): Promise<void> {
    while (isRunning) {
      const startedMs = performance.now();
      await sendOne();
      await sleep(Math.max(0, startedMs + (senders * 1_000) / pace.rate - performance.now()));
    }
  }

  const running = Promise.all(Array.from({ length: senders }, runSender));

  /** Resolves when no request is in flight. */
  async function stopSenders(): Promise<void> {
    isRunning = false;
    await running;
    poster.close();
  }

  return {
    setPace: (next: Pace) => {
      pace = next;
    },
    stop: stopSenders,
  };
}

/** By message type: the text of an element. The marker and the time make it unique. */
const forms = {
  AUDIT_LOG_ALL: (marker: string) =>
    JSON.stringify({
      ...{ ownerId: 1091, orgId: 0, timeStamp: Date.now(), id: null, userId: 6553, code: 10001, category: 1 },
      ...{ description: marker, userName: 'jo@example.com', vhmName: 'USER-VHM' },
    }),
  AUTHENTICATION_LOG_ALL: (marker: string) =>
    JSON.stringify({
      ...{ id: marker, authType: 'PEAP', sn: '01301234567890', vhmId: '1091', username: marker },
      ...{ reply: 'Access-Accept', callingStationId: 'c4-13-e2-00-00-01', orgId: 0, timestamp: Date.now() },
    }),
} as const;
