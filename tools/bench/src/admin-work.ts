// What an operator's tools ask of a running connector, as hard as they can, until told to stop.
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

export interface Admin {
  readonly url: string;
  readonly token: string;
}

/** Resolves when it has ended, with how many answers (of streams: ends) it got. */
export type AdminWork = (admin: Admin, signal: AbortSignal) => Promise<number>;

/** Never found, so that all there is is looked at. */
const noEvent = `1${'0'.repeat(40)}`;
const maxStreams = 16;

function open({ url, token }: Admin, path: string, signal: AbortSignal, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, agent, signal }, resolve)
      .on('error', reject)
      .end();
  });
}

/** Asks again and again, every so many milliseconds at most, reading all that is answered. */
function loop(path: string, everyMs = 0): AdminWork {
  return async (admin, signal) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let answers = 0;
    try {
      while (!signal.aborted) {
        const response = await open(admin, path, signal, agent);
        for await (const chunk of response) void chunk;
        if (response.statusCode === 200) answers += 1;
        // Streams of the one before may not all have ended.
        else if (response.statusCode !== 429) throw new Error(`${path} was answered ${response.statusCode}`);
        const restMs = response.statusCode === 200 ? everyMs : 50;
        if (restMs > 0) await setTimeout(restMs, undefined, { signal });
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    } finally {
      agent.destroy();
    }
    return answers;
  };
}

/** Asks once, and never reads. */
function neverReads(path: string): AdminWork {
  return async (admin, signal) => {
    const agent = new Agent();
    const response = await open(admin, path, signal, agent).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
      return undefined;
    });
    response?.on('error', () => undefined).pause();
    if (response !== undefined && response.statusCode !== 200) {
      throw new Error(`${path} was answered ${response.statusCode}`);
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
  'status, again and again': status,
  '/metrics, again and again': metrics,
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
