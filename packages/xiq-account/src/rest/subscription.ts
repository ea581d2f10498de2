// A webhook subscription, as ExtremeCloud IQ writes it and as we hold it.
import { type JsonObject, type JsonValue, Secret } from '@xiq-siem/core';
import { z } from 'zod';

/** A subscription that is there; what it lacks is empty or undefined. */
export interface XiqSubscription {
  /** An int64 as its digits: it may exceed 2^53. */
  readonly id: string;
  readonly application: string;
  readonly url: string;
  readonly secret: Secret | undefined;
  readonly messageType: string;
  readonly dataType: string | undefined;
  /** `ENABLED`, `DISABLED`, or a word of later; undefined where the API does not say. */
  readonly status: string | undefined;
  /** As sent: epoch milliseconds or ISO 8601. */
  readonly createTime: string | number | undefined;
  readonly updateTime: string | number | undefined;
  /** What else it has, under the names that it came with; numbers that a double cannot carry as text. */
  readonly others: JsonObject;
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

const text = z.string().max(8_192);
const time = z.union([z.number(), text]).nullish();
const json: z.ZodType<JsonValue> = z.custom<JsonValue>();

/** An int64 in digits: a double beyond 2^53 is one that carries its text, since the others came as text. */
const int64 = z
  .union([z.number().refine(Number.isInteger), z.string().regex(/^-?\d{1,19}$/)], {
    error: 'expected an integer of 64 bits',
  })
  .transform(String);

export const subscriptionItem = z
  .object({
    id: int64,
    application: text.nullish(),
    url: text.nullish(),
    secret: text.nullish(),
    message_type: text.nullish(),
    data_type: text.nullish(),
    status: text.nullish(),
    create_time: time,
    update_time: time,
  })
  .catchall(json)
  .transform((item): XiqSubscription => {
    const { id, application, url, secret, message_type, data_type, status, create_time, update_time, ...others } = item;
    return {
      id,
      application: application ?? '',
      url: url ?? '',
      secret: secret ? new Secret(secret) : undefined,
      messageType: message_type ?? '',
      dataType: data_type ?? undefined,
      status: status ?? undefined,
      createTime: create_time ?? undefined,
      updateTime: update_time ?? undefined,
      others,
    };
  });

/** In the words of the API. */
export function writeSubscription({ application, url, secret, messageType, status }: WantedSubscription) {
  const written = { application, url, message_type: messageType, status };
  return secret === undefined ? written : { ...written, secret: secret.reveal() };
}
