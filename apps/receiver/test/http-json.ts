// For tests: HTTP requests to servers, with responses read line by line.
import { request } from 'node:http';

/** The lines of a response, ended by `\n` only. Rejects on a status of 400 or higher, except those in `also`. */
export async function* requestLines(
  url: string,
  method = 'GET',
  body?: unknown,
  also: readonly number[] = [],
): AsyncGenerator<string> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; chunks: AsyncIterable<Buffer> }>();
  request(url, { method, headers, agent: false }, (response) => {
    resolve({ status: response.statusCode ?? 0, chunks: response });
  })
    .on('error', reject)
    .end(text);
  const { status, chunks } = await promise;
  for await (const line of linesOf(chunks)) {
    if (status >= 400 && !also.includes(status)) throw new Error(`${method} ${url}: ${status} ${line.slice(0, 2000)}`);
    yield line;
  }
}

/** A response of one JSON text. */
export async function requestJson(
  url: string,
  method = 'GET',
  body?: unknown,
  also: readonly number[] = [],
): Promise<unknown> {
  let text = '';
  for await (const line of requestLines(url, method, body, also)) text += `${line}\n`;
  return JSON.parse(text);
}

/**
 * `readline` would also end a line at U+2028, which is valid within JSON. The last line may have no line end; with
 * `wholeOnly` it is left out then, for a file that is being written.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, wholeOnly?: 'wholeOnly'): AsyncGenerator<string> {
  let partial: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...partial, chunk.subarray(from, end)]).toString('utf8');
      partial = [];
      from = end + 1;
    }
    if (from < chunk.length) partial.push(chunk.subarray(from));
  }
  if (partial.length > 0 && wholeOnly === undefined) yield Buffer.concat(partial).toString('utf8');
}
