import { expect, test } from 'vitest';
import { type Mapping, type PreviewInput, previewReplay } from './replay-preview.ts';
import { audit, configChange, destinations, type Fixture, linesOf, never, openFixture } from './test-queries.ts';

const rules = `auditCodes: { "99001": { action: ssid-changed, category: [configuration], type: [change] } }\n`;

/** The mapping of a fixture, and the same with `rules`. */
async function mappings(fixture: Fixture): Promise<Pick<PreviewInput, 'before' | 'after'>> {
  const at = (version: string): Mapping => {
    const sources = fixture.pipeline.sources();
    return { version, normalize: (body) => [...sources.of(body).normalize(body, fixture.now())] };
  };
  const before = at('old');
  await fixture.pipeline.apply(await fixture.configure(destinations('one'), {}, rules));
  return { before, after: at('new') };
}

async function preview(fixture: Fixture, more: Partial<PreviewInput> = {}) {
  const input = { span: {}, where: {}, examples: 20, ...(await mappings(fixture)), ...more };
  const lines = await linesOf(previewReplay(fixture.readModel(), input, never));
  const changes = lines.flatMap((line) => (line.kind === 'change' ? [line] : []));
  const end = lines.at(-1);
  if (end?.kind !== 'end') throw new Error('it has no end');
  return { changes, end };
}

test('changes are shown by field, ids stay, and fields that differ in every event are ignored', async () => {
  await using fixture = await openFixture(destinations('one'));
  const receipt = await fixture.keep([audit(1), configChange(2)]);
  const { changes, end } = await preview(fixture);
  expect(changes).toMatchObject([{ receipt, element: 0, dataset: 'extreme_xiq.audit' }]);
  expect(changes[0]?.fields).toContainEqual({ path: 'event.action', before: expect.anything(), after: 'ssid-changed' });
  expect(end).toMatchObject({
    snapshot: false,
    before: 'old',
    after: 'new',
    bodies: 1,
    events: 2,
    changed: 1,
    idsChanged: 0,
  });
  const paths = end.fields.map(({ path }) => path);
  expect(paths).toContain('event.category');
  expect(paths).not.toContain('event.ingested');
  expect(paths).not.toContain('extreme.xiq.mapping_version');
});

test('the number of examples is limited; every change is counted', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1), audit(2), audit(3)]);
  const { changes, end } = await preview(fixture, { examples: 2 });
  expect(changes).toHaveLength(2);
  expect(end).toMatchObject({ events: 3, changed: 3 });
  expect(end.fields.find(({ path }) => path === 'event.action')).toEqual({ path: 'event.action', events: 3 });
});

test('only events that match `where` count', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1), configChange(2)]);
  expect((await preview(fixture, { where: { actions: ['config-changed'] } })).end).toMatchObject({
    events: 1,
    changed: 0,
  });
});

test('a long value is truncated', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep([audit(1)]);
  const text =
    (letter: string): Mapping['normalize'] =>
    (body) =>
      [...fixture.pipeline.sources().of(body).normalize(body, 0)].map((event) => ({
        ...event,
        document: { ...event.document, message: letter.repeat(5000) },
      }));
  const { changes } = await preview(fixture, {
    before: { version: 'a', normalize: text('a') },
    after: { version: 'b', normalize: text('b') },
  });
  const [field] = changes[0]?.fields ?? [];
  expect(field?.path).toBe('message');
  expect(String(field?.after)).toHaveLength(501);
});

test('the signal ends the preview within a body without matching events', async () => {
  await using fixture = await openFixture(destinations('one'));
  await fixture.keep(`[${Array.from({ length: 1000 }, () => '{}').join()}]`);
  const leaving = new AbortController();
  let yields = 0;
  const yieldNow = async (): Promise<void> => {
    yields += 1;
    if (yields === 10) leaving.abort();
  };
  const input = { span: {}, where: { datasets: ['none'] }, examples: 1, ...(await mappings(fixture)) };
  const lines = await linesOf(previewReplay({ ...fixture.readModel(), yieldNow }, input, leaving.signal));
  expect(lines.map(({ kind }) => kind)).toEqual(['progress']);
  expect(yields).toBe(10);
});
