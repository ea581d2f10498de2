import { describe, expect, test } from 'vitest';
import { bulkVerdicts } from './bulk-verdicts.ts';
import { batchOf } from './test-context.ts';

const routedOf = (...ids: readonly string[]) =>
  batchOf(ids).items.map((item) => ({ item, stream: 'logs-extreme_xiq.audit-default' }));

const verdictOf = (create: object) => bulkVerdicts(routedOf('a'), { items: [{ create: { _id: 'a', ...create } }] })[0];

const error = (type: string, reason = 'because') => ({ error: { type, reason } });
const fault = (verdict: string, code: string) => ({ index: 0, verdict, code });

describe('an item', () => {
  test.each([
    [{ status: 201 }, { index: 0, verdict: 'delivered' }],
    [{ status: 200 }, { index: 0, verdict: 'delivered' }],
    [
      { status: 201, failure_store: 'not_applicable_or_unknown' },
      { index: 0, verdict: 'delivered' },
    ],
    [
      { status: 201, _id: 'another', failure_store: 'used' },
      { index: 0, verdict: 'delivered', degraded: 'failure_store' },
    ],
    [
      { status: 409, ...error('version_conflict_engine_exception') },
      { index: 0, verdict: 'delivered', duplicate: true },
    ],
    [{ status: 429, ...error('es_rejected_execution_exception') }, fault('retry', 'too_many_requests')],
    [{ status: 500, ...error('null_pointer_exception') }, fault('retry', 'server_error')],
    [{ status: 503, ...error('unavailable_shards_exception') }, fault('retry', 'service_unavailable')],
    [{ status: 503, ...error('cluster_block_exception', 'no master') }, fault('retry', 'service_unavailable')],
    [{ status: 403, ...error('cluster_block_exception', 'index write (api)') }, fault('blocked', 'write_blocked')],
    [{ status: 429, ...error('cluster_block_exception', 'flood-stage') }, fault('blocked', 'write_blocked')],
    [{ status: 403, ...error('security_exception') }, fault('blocked', 'forbidden')],
    [{ status: 401, ...error('security_exception') }, fault('blocked', 'unauthorized')],
    [{ status: 404, ...error('index_not_found_exception') }, fault('blocked', 'index_missing')],
    [
      { status: 400, ...error('validation_exception', 'maximum shards open') },
      fault('blocked', 'index_creation_failed'),
    ],
    [
      { status: 400, ...error('illegal_argument_exception', 'pipeline with id [extreme_xiq@ingested] does not exist') },
      fault('blocked', 'pipeline_missing'),
    ],
    [{ status: 400, ...error('document_parsing_exception') }, fault('rejected', 'mapping_conflict')],
    [{ status: 400, ...error('mapper_parsing_exception') }, fault('rejected', 'mapping_conflict')],
    [{ status: 400, ...error('illegal_argument_exception') }, fault('rejected', 'event_rejected')],
    [
      { status: 400, failure_store: 'failed', ...error('document_parsing_exception') },
      fault('rejected', 'mapping_conflict'),
    ],
    [{ status: 302 }, fault('unknown', 'unexpected_response')],
  ])('%j', (item, verdict) => {
    expect(verdictOf(item)).toMatchObject(verdict);
    expect(
      Object.keys(verdictOf(item) ?? {})
        .filter((key) => key !== 'message')
        .sort(),
    ).toEqual(Object.keys(verdict).sort());
  });

  test('contains the server message and the reason of the cause', () => {
    const error = {
      type: 'document_parsing_exception',
      reason: 'no ip',
      caused_by: { reason: "'x' is not an address" },
    };
    expect(verdictOf({ status: 400, error })).toMatchObject({
      message: "document_parsing_exception: no ip ('x' is not an address)",
    });
  });
});

describe('an unexpected response leaves the events unknown for which it has no result', () => {
  const created = { create: { _id: 'a', status: 201 } };
  test.each([
    ['not an object', 'text', ['unknown', 'unknown']],
    ['null', null, ['unknown', 'unknown']],
    ['no items', { errors: false }, ['unknown', 'unknown']],
    ['items that are not a list', { items: {} }, ['unknown', 'unknown']],
    ['a list that is too short', { items: [created] }, ['delivered', 'unknown']],
    ['an item of another action', { items: [created, { index: { _id: 'b', status: 201 } }] }, ['delivered', 'unknown']],
    ['an item of another id', { items: [created, created] }, ['delivered', 'unknown']],
    ['no id', { items: [created, { create: { status: 201 } }] }, ['delivered', 'unknown']],
    [
      'a status that is a text',
      { items: [created, { create: { _id: 'b', status: '201' } }] },
      ['delivered', 'unknown'],
    ],
  ])('%s', (_, body, verdicts) => {
    expect(bulkVerdicts(routedOf('a', 'b'), body).map(({ verdict }) => verdict)).toEqual(verdicts);
  });

  test('results belong to the sent events by position, also if earlier events were not sent', () => {
    const items = [{ create: { _id: 'b', status: 201 } }, { create: { _id: 'c', status: 409 } }];
    expect(bulkVerdicts(routedOf('a', 'b', 'c').slice(1), { items })).toEqual([
      { index: 1, verdict: 'delivered' },
      { index: 2, verdict: 'delivered', duplicate: true },
    ]);
  });

  test('an error is found even if `errors` is false', () => {
    const items = [created, { create: { _id: 'b', status: 400, ...error('document_parsing_exception') } }];
    const verdicts = bulkVerdicts(routedOf('a', 'b'), { errors: false, items });
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['delivered', 'rejected']);
  });
});

test('L8: no status from 500 to 599 rejects an event', () => {
  for (let status = 500; status < 600; status++) {
    expect(verdictOf({ status, ...error('some_exception') })).toMatchObject({ verdict: 'retry' });
  }
});
