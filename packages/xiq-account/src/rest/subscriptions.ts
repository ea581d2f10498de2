// The webhook subscriptions of an account, in both generations of the API.
import { ConnectorError, type Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { type Asked, invalidAnswer, refusal } from './api-errors.ts';
import type { Call, Called } from './caller.ts';
import { checkShape, parseJson } from './parse-answer.ts';
import { subscriptionItem, type WantedSubscription, writeSubscription, type XiqSubscription } from './subscription.ts';

const path = '/subscriptions/webhook';
const pageSize = 100;
const maxPages = 1_000;
const idsPerDelete = 50;
const maxReadings = 3;

const page = z.looseObject({
  data: z.array(subscriptionItem),
  page: z.int().nullish(),
  total_pages: z.int().nonnegative(),
  total_count: z.int().nonnegative(),
});

/** All reject with a ConnectorError, or with the signal's reason when it fires. */
export interface XiqSubscriptions {
  /** All of the account, ours or not. */
  list(signal: AbortSignal): Promise<readonly XiqSubscription[]>;
  /** Not tried again once it was sent: after `xiq_unavailable` only a list says what is there. */
  create(wanted: readonly WantedSubscription[], signal: AbortSignal): Promise<void>;
  update(id: string, wanted: WantedSubscription, signal: AbortSignal): Promise<void>;
  /** One that is not there counts as deleted. */
  delete(ids: readonly string[], signal: AbortSignal): Promise<void>;
}

export function createSubscriptions(call: Call): XiqSubscriptions {
  let deletesInBulk = true;

  const list: XiqSubscriptions['list'] = async (signal) => {
    // Subscriptions that come or go while we read shift the pages, and one may slip between two of them.
    let before: string | undefined;
    for (let reading = 1; ; reading++) {
      const { items, isWhole, asked } = await readAll(call, signal);
      const ids = items.map(({ id }) => id).join();
      if (isWhole || ids === before) return items;
      if (reading === maxReadings) {
        throw invalidAnswer(asked, `pages that do not add up to their total_count, read ${maxReadings} times`);
      }
      before = ids;
    }
  };

  const deleteBy = async (
    ids: readonly string[],
    inBulk: boolean,
    signal: AbortSignal,
  ): Promise<Called | undefined> => {
    const paths = inBulk
      ? chunks(ids, idsPerDelete).map((some) => `${path}/:delete?${some.map((id) => `ids=${id}`).join('&')}`)
      : ids.map((id) => `${path}/${id}`);
    let refused: Called | undefined;
    for (const one of paths) {
      const request = { endpoint: 'subscriptions_delete', method: 'DELETE', path: one, repeatable: true } as const;
      const called = await call(request, signal, [400, 404, 405]);
      if (called.answer.status >= 300) refused = called;
    }
    return refused;
  };

  return {
    list,
    async create(wanted, signal) {
      if (wanted.length === 0) return;
      const body = JSON.stringify(wanted.map(writeSubscription));
      const secrets = secretsOf(wanted);
      await call({ endpoint: 'subscriptions_create', method: 'POST', path, body, repeatable: false, secrets }, signal);
    },
    async update(id, wanted, signal) {
      const body = JSON.stringify(writeSubscription(wanted));
      const request = { endpoint: 'subscriptions_update', method: 'PUT', path: `${path}/${digits(id)}` } as const;
      await call({ ...request, body, repeatable: true, secrets: secretsOf([wanted]) }, signal);
    },
    async delete(ids, signal) {
      let left = [...new Set(ids.map(digits))];
      let inBulk = deletesInBulk;
      while (left.length > 0) {
        const refused = await deleteBy(left, inBulk, signal);
        if (refused === undefined) {
          deletesInBulk = inBulk;
          return;
        }
        // The other generation's form is refused with the same 404 as a subscription that is gone: the list tells them apart.
        const there = new Set((await list(signal)).map(({ id }) => id));
        const still = left.filter((id) => there.has(id));
        if (still.length === left.length) {
          if (inBulk !== deletesInBulk) throw refusal(refused.asked, refused.answer);
          inBulk = !inBulk;
        }
        left = still;
      }
    },
  };
}

interface Reading {
  readonly items: readonly XiqSubscription[];
  /** As many as the API says there are, and said so on each page. */
  readonly isWhole: boolean;
  readonly asked: Asked;
}

async function readAll(call: Call, signal: AbortSignal): Promise<Reading> {
  const found = new Map<string, XiqSubscription>();
  const counts = new Set<number>();
  for (let number = 1; ; number++) {
    const { items, pages = 0, count, asked } = await readPage(call, number, signal);
    for (const item of items) found.set(item.id, item);
    if (count !== undefined) counts.add(count);
    if (number >= pages || items.length === 0) {
      const isWhole = counts.size === 0 || (counts.size === 1 && counts.has(found.size));
      return { items: [...found.values()], isWhole, asked };
    }
    if (number >= maxPages) throw invalidAnswer(asked, `more than ${maxPages} pages of subscriptions`);
  }
}

interface Page {
  readonly items: readonly XiqSubscription[];
  /** Both undefined where the API knows no pages: the items are all there is. */
  readonly pages?: number;
  readonly count?: number;
  readonly asked: Asked;
}

async function readPage(call: Call, number: number, signal: AbortSignal): Promise<Page> {
  const query = `page=${number}&limit=${pageSize}`;
  const request = {
    endpoint: 'subscriptions_list',
    method: 'GET',
    path: `${path}?${query}`,
    repeatable: true,
  } as const;
  const { answer, asked } = await call(request, signal);
  const value = parseJson(answer, asked);
  if (Array.isArray(value)) {
    const items = checkShape(z.array(subscriptionItem), value, asked);
    return { items, asked };
  }
  const read = checkShape(page, value, asked);
  if ((read.page ?? number) !== number) throw invalidAnswer(asked, `page ${read.page}, but ${number} was asked for`);
  return { items: read.data, pages: read.total_pages, count: read.total_count, asked };
}

function digits(id: string): string {
  if (/^-?\d{1,19}$/.test(id)) return id;
  throw new ConnectorError('usage', 'The id of a subscription is a whole number: look at the list of subscriptions.');
}

const secretsOf = (wanted: readonly WantedSubscription[]): readonly Secret[] =>
  wanted.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));

function chunks<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
