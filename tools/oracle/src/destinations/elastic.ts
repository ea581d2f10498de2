// Three fake Elasticsearch nodes with one store: `_bulk` creates documents by their id, and refuses some.
import { z } from 'zod';
import { type Copy, createArrivals, fieldsOf } from '../arrivals.ts';
import { hashOf, type Ledger } from '../ledger.ts';
import type { FakeDestination } from './destination.ts';
import { type FakeReply, startHttpFake } from './http-fake.ts';

const action = z.object({ create: z.object({ _index: z.string(), _id: z.string() }) });
const headers = { 'x-elastic-product': 'Elasticsearch' };
const nodeCount = 3;

export async function startElastic({ sent }: Ledger): Promise<FakeDestination> {
  const arrivals = createArrivals('elastic');
  const stored = new Map<string, Copy>();

  function bulk(text: string): FakeReply {
    const lines = text.split('\n').slice(0, -1);
    const confirms: Copy[] = [];
    const items = lines.flatMap((line, at) =>
      at % 2 === 0 ? [{ create: create(line, lines[at + 1] ?? '', confirms) }] : [],
    );
    return { headers, body: { items }, confirms };
  }

  function create(line: string, json: string, confirms: Copy[]) {
    const { _index, _id } = action.parse(JSON.parse(line)).create;
    const fields = fieldsOf(JSON.parse(json));
    const kind = sent.get(hashOf(fields.original ?? ''))?.kind;
    if (kind === 'forbidden') {
      return { _id, status: 403, error: { type: 'security_exception', reason: 'action is unauthorized' } };
    }
    if (kind === 'busy') {
      return { _id, status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue full' } };
    }
    if (kind === 'refused') {
      return { _id, status: 400, error: { type: 'document_parsing_exception', reason: 'failed to parse a field' } };
    }
    const before = stored.get(`${_index} ${_id}`);
    const copy = before ?? arrivals.add({ ...fields, id: _id });
    stored.set(`${_index} ${_id}`, copy);
    confirms.push(copy);
    return before === undefined
      ? { _id, status: 201 }
      : { _id, status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } };
  }

  const nodes = await Promise.all(
    Array.from({ length: nodeCount }, () =>
      startHttpFake(({ path, text }) =>
        path === '/_bulk' ? bulk(text) : { headers, body: { version: { number: '9.5.3' } } },
      ),
    ),
  );

  return {
    name: 'elastic',
    config: { type: 'elasticsearch', nodes: nodes.map(({ url }) => url), requireTemplate: false, timeoutMs: 5_000 },
    arrivals,
    deduplicates: true,
    setMode: (mode, node) => {
      for (const [number, { setMode }] of nodes.entries()) if (node === undefined || node === number) setMode(mode);
    },
    close: () => {
      for (const { close } of nodes) close();
    },
  };
}
