// The webhook subscriptions of an account, in both generations of the API.
import { ConnectorError, Secret } from '@xiq-siem/core';
import { z } from 'zod';
import { invalidResponse, refusal } from './api-errors.ts';
import type { Call, Called } from './caller.ts';
import { checkShape, parseJson } from './parse-response.ts';

const path = '/subscriptions/webhook';
const pageSize = 100;
const maxPages = 1_000;
const idsPerDelete = 50;
const maxReadings = 3;

/** A subscription that is there; what it lacks is empty or undefined. */
export interface XiqSubscription {
  /** An int64 as its digits: it may exceed 2^53. */
  readonly id: string;
  readonly application: string;
  readonly url: string;
  readonly secret: Secret | undefined;
  readonly messageType: string;
  /** `ENABLED`, `DISABLED`, or a word of later; undefined where the API does not say. */
  readonly status: string | undefined;
}

/** A subscription to be made, or what one is to become. */
export interface WantedSubscription {
  readonly application: string;
  readonly url: string;
  readonly messageType: string;
  /** Left as it is where an existing one is changed without one. */
  readonly secret?: Secret | undefined;
  readonly status: 'ENABLED' | 'DISABLED';
}

const text = z.string().max(8_192).nullish();

/** An int64 in digits: a double beyond 2^53 is one that carries its text, since the others came as text. */
const int64 = z
  .union([z.number().refine(Number.isInteger), z.string().regex(/^-?\d{1,19}$/)], {
    error: 'expected an integer of 64 bits',
  })
  .transform(String);

const subscriptionItem = z
  .object({ id: int64, application: text, url: text, secret: text, message_type: text, status: text })
  .transform(
    ({ id, application, url, secret, message_type, status }): XiqSubscription => ({
      id,
      application: application ?? '',
      url: url ?? '',
      secret: secret ? new Secret(secret) : undefined,
      messageType: message_type ?? '',
      status: status ?? undefined,
    }),
  );

/** In the words of the API. */
const written = ({ application, url, secret, messageType, status }: WantedSubscription) => ({
  application,
  url,
  message_type: messageType,
  status,
  secret: secret?.reveal(),
});

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
        throw invalidResponse(asked, `pages that do not add up to their total_count, read ${maxReadings} times`);
      }
      before = ids;
    }
  };

  const deleteBy = async (ids: readonly string[], inBulk: boolean, signal: AbortSignal) => {
    const paths = inBulk
      ? Array.from({ length: Math.ceil(ids.length / idsPerDelete) }, (_, nth) => {
          const some = ids.slice(nth * idsPerDelete, (nth + 1) * idsPerDelete);
          return `${path}/:delete?${some.map((id) => `ids=${id}`).join('&')}`;
        })
      : ids.map((id) => `${path}/${id}`);
    let refused: Called | undefined;
    for (const one of paths) {
      const request = { endpoint: 'subscriptions_delete', method: 'DELETE', path: one, repeatable: true } as const;
      const called = await call(request, signal, [400, 404, 405]);
      if (called.response.status >= 300) refused = called;
    }
    return refused;
  };

  return {
    list,
    async create(wanted, signal) {
      if (wanted.length === 0) return;
      const body = JSON.stringify(wanted.map(written));
      const secrets = secretsOf(wanted);
      await call({ endpoint: 'subscriptions_create', method: 'POST', path, body, repeatable: false, secrets }, signal);
    },
    async update(id, wanted, signal) {
      const body = JSON.stringify(written(wanted));
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
          if (inBulk !== deletesInBulk) throw refusal(refused.asked, refused.response);
          inBulk = !inBulk;
        }
        left = still;
      }
    },
  };
}

/** `isWhole`: as many as the API says there are, and said so on each page. */
async function readAll(call: Call, signal: AbortSignal) {
  const found = new Map<string, XiqSubscription>();
  const counts = new Set<number>();
  for (let number = 1; ; number++) {
    const request = { endpoint: 'subscriptions_list', method: 'GET', repeatable: true } as const;
    const { response, asked } = await call({ ...request, path: `${path}?page=${number}&limit=${pageSize}` }, signal);
    const value = parseJson(response, asked);
    // An API that knows no pages gives a plain list, which is all there is.
    const read = Array.isArray(value)
      ? { data: checkShape(z.array(subscriptionItem), value, asked), total_pages: 0 }
      : checkShape(page, value, asked);
    if ('page' in read && (read.page ?? number) !== number) {
      throw invalidResponse(asked, `page ${read.page}, but ${number} was asked for`);
    }
    for (const item of read.data) found.set(item.id, item);
    if ('total_count' in read) counts.add(read.total_count);
    if (number >= read.total_pages || read.data.length === 0) {
      const isWhole = counts.size === 0 || (counts.size === 1 && counts.has(found.size));
      return { items: [...found.values()], isWhole, asked };
    }
    if (number >= maxPages) throw invalidResponse(asked, `more than ${maxPages} pages of subscriptions`);
  }
}

function digits(id: string): string {
  if (/^-?\d{1,19}$/.test(id)) return id;
  throw new ConnectorError('usage', 'The id of a subscription is a whole number: look at the list of subscriptions.');
}

const secretsOf = (wanted: readonly WantedSubscription[]): readonly Secret[] =>
  wanted.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
