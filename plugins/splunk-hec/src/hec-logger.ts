// Builds requests with splunk-logging, and sends them on the connections of the destination.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpOutcome } from '@xiq-siem/core';
import { Logger, type PostCallback, type RequestOptions } from 'splunk-logging';

export interface HecPost {
  readonly url: URL;
  readonly token: string;
  /** Acknowledgement channel, if acknowledgement is on. */
  readonly channel: string | undefined;
  readonly gzip: boolean;
  /** Sends one request to `url`. Never rejects. */
  readonly send: (headers: Readonly<Record<string, string>>, body: Uint8Array) => Promise<HttpOutcome>;
}

const compress = promisify(gzip);

class HecLogger extends Logger<HttpOutcome> {
  readonly #post: HecPost;

  constructor(post: HecPost) {
    // Turns off retries, timers and automatic flushes.
    super({
      token: post.token,
      url: post.url.href,
      maxRetries: 0,
      batchInterval: 0,
      maxBatchCount: 0,
      maxBatchSize: 0,
    });
    this.#post = post;
    this.requestOptions.strictSSL = true;
    if (post.channel !== undefined) this.requestOptions.headers['X-Splunk-Request-Channel'] = post.channel;
    // The default prints the events to the console.
    this.error = () => {};
  }

  /**
   * Replaces the library's use of `needle`, which reads responses without limit, uses proxies of the environment instead
   * of the configured one, decodes brotli, and cannot be cancelled.
   */
  override _post({ body, headers }: RequestOptions, callback: PostCallback<HttpOutcome>): void {
    const send = async () => {
      const isCompressed = this.#post.gzip && body !== '';
      const bytes = isCompressed ? await compress(body, { level: 1 }) : Buffer.from(body);
      const encoding = isCompressed ? { 'Content-Encoding': 'gzip' } : {};
      return this.#post.send({ ...headers, 'Content-Type': 'application/json', ...encoding }, bytes);
    };
    send().then((response) => callback(null, response), callback);
  }
}

/** Sends envelopes (lines of JSON) as one request. Without envelopes the body is empty. */
export function postEnvelopes(post: HecPost, lines: readonly string[]): Promise<HttpOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpOutcome>();
  const logger = new HecLogger(post);
  logger.serializedContextQueue.push(...lines);
  logger.flush((error, response) => {
    if (response === undefined) reject(error ?? new Error('splunk-logging returned neither a response nor an error'));
    else resolve(response);
  });
  return promise;
}
