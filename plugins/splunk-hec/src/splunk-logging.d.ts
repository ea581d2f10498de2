// The part of splunk-logging that is used here; the package has no types of its own.
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

  /** `body` is HEC's JSON where the answer held one; the library looks at its `code` and `text`. */
  export type PostCallback<Response> = (error: Error | null, response?: Response, body?: unknown) => void;

  export class Logger<Response> {
    constructor(config: LoggerConfig);
    /** Events as JSON, ready to be sent: `flush` takes them all. */
    serializedContextQueue: string[];
    requestOptions: { strictSSL: boolean; headers: Record<string, string> };
    /** Told of every refusal, with the events; by default it prints them. */
    error: (error: Error, context: unknown) => void;
    /** Sends the queue, also an empty one. */
    flush(callback: PostCallback<Response>): void;
    /** What `flush` sends by. */
    _post(options: RequestOptions, callback: PostCallback<Response>): void;
  }
}
