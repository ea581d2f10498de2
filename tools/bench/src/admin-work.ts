// Load on the admin API: each kind repeats its requests until its signal fires.
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

export interface Admin {
  readonly url: string;
  readonly token: string;
}

/** Resolves at its end with the number of complete responses. */
export type AdminWork = (admin: Admin, signal: AbortSignal) => Promise<number>;

/** Never found, so that the whole journal is scanned. */
const noEvent = `1${'0'.repeat(40)}`;
const maxStreams = 16;

function open({ url, token }: Admin, path: string, signal: AbortSignal, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, agent, signal }, resolve)
      .on('error', reject)
      .end();
  });
}

/** Repeats a request, at most every `everyMs`, and reads each response. */
function loop(path: string, everyMs = 0): AdminWork {
  return async (admin, signal) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let responses = 0;
    try {
      while (!signal.aborted) {
        const response = await open(admin, path, signal, agent);
        for await (const chunk of response) void chunk;
        if (response.statusCode === 200) responses += 1;
        // Streams of the previous kind may not have ended.
        else if (response.statusCode !== 429) throw new Error(`${path} returned ${response.statusCode}`);
        const restMs = response.statusCode === 200 ? everyMs : 50;
        if (restMs > 0) await setTimeout(restMs, undefined, { signal });
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    } finally {
      agent.destroy();
    }
    return responses;
  };
}

/** Sends one request and never reads the response. */
function neverReads(path: string): AdminWork {
  return async (admin, signal) => {
    const agent = new Agent();
    const response = await open(admin, path, signal, agent).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
      return undefined;
    });
    response?.on('error', () => undefined).pause();
    if (response !== undefined && response.statusCode !== 200) {
      throw new Error(`${path} returned ${response.statusCode}`);
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
    agent.destroy();
    return 0;
  };
}

function together(...works: readonly AdminWork[]): AdminWork {
  return async (admin, signal) => {
    const counts = await Promise.all(works.map((work) => work(admin, signal)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
}

const times = (count: number, work: AdminWork): readonly AdminWork[] => Array.from({ length: count }, () => work);

const status = loop('/api/v1/status');
const metrics = loop('/metrics');
const tail = loop('/api/v1/tail');
const trace = loop(`/api/v1/trace/event/${noEvent}`);
const unmapped = loop('/api/v1/unmapped');
const slowTail = neverReads('/api/v1/tail');

export const adminWorks = {
  'as usual: /metrics and status each second, a tail': together(
    loop('/metrics', 1_000),
    loop('/api/v1/status', 1_000),
    tail,
  ),
  'status, repeated': status,
  '/metrics, repeated': metrics,
  'a tail': tail,
  'a trace of an event id': trace,
  unmapped,
  [`${maxStreams} tails that are never read`]: together(...times(maxStreams, slowTail)),
  [`${maxStreams} traces`]: together(...times(maxStreams, trace)),
  'all of it': together(
    status,
    metrics,
    ...times(4, tail),
    ...times(4, trace),
    ...times(4, unmapped),
    ...times(4, slowTail),
  ),
} as const satisfies Record<string, AdminWork>;
