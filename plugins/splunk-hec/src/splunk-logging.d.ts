// Types for the used part of splunk-logging, which has no types.
declare module 'splunk-logging' {
  export interface LoggerConfig {
    readonly token: string;
    readonly url: string;
    readonly maxRetries: number;
    readonly batchInterval: number;
    readonly maxBatchCount: number;
    readonly maxBatchSize: number;
  }

  export interface RequestOptions {
    /** The queue's events, joined. */
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }

  /** `body` is HEC's JSON, if the response has one. The library reads its `code` and `text`. */
  export type PostCallback<Response> = (error: Error | null, response?: Response, body?: unknown) => void;

  export class Logger<Response> {
    constructor(config: LoggerConfig);
    /** Events as JSON. `flush` sends them all. */
    serializedContextQueue: string[];
    requestOptions: { strictSSL: boolean; headers: Record<string, string> };
    /** Called with the events of each rejected request. The default prints them. */
    error: (error: Error, context: unknown) => void;
    /** Sends the queue, even if it is empty. */
    flush(callback: PostCallback<Response>): void;
    /** `flush` sends with this function. */
    _post(options: RequestOptions, callback: PostCallback<Response>): void;
  }
}
