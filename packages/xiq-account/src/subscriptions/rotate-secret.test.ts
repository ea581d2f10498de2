import { Secret } from '@xiq-siem/core';
import { describe, expect, it } from 'vitest';
import { rotationPhase } from './managed-list.ts';
import { type RotationPorts, type RotationStep, rotateSecret } from './rotate-secret.ts';
import {
  collect,
  type ModelOptions,
  modelXiq,
  noSignal,
  otherSecret,
  secret,
  subscription,
  target,
  testPorts,
} from './test-xiq.ts';

const killed = new Error('killed');

const holds = (secrets: readonly Secret[], wanted: Secret): boolean =>
  secrets.some((one) => one.reveal() === wanted.reveal());

interface FixtureOptions extends ModelOptions {
  readonly managed?: readonly Secret[];
  readonly found?: ReturnType<typeof subscription>[];
  /** Receiver's looks at the file that still give what it read before. */
  readonly staleFor?: number;
}

/** The file of secrets, our receiver that reads it late, and ExtremeCloud IQ: at each call they must fit together. */
function startFixture({ managed = [secret], found, staleFor = 1, ...options }: FixtureOptions = {}) {
  const types = target.messageTypes.map((type, index) => subscription(type, { id: String(index + 1) }));
  const model = modelXiq(found ?? types, options);
  const { clock, log } = testPorts();
  let file = [...managed];
  let rotation: string | undefined;
  /** New ones that were ever in the file. */
  const listed = new Set<string>();
  /** The newest of what the receiver may have read is not surely read yet; the oldest is what it must not rely on. */
  let read = file;
  let stale = 0;
  let made = 0;
  let calls = 0;
  let killAt = Number.POSITIVE_INFINITY;
  const refusals: string[] = [];

  const look = (at: string): void => {
    for (const one of model.blocked()) {
      const isOurs = one.url.startsWith(target.publicUrl);
      if (!isOurs || one.secret === undefined) continue;
      // What is in the file will be read at any moment, and what was read holds until then.
      if (!holds(file, one.secret) || !holds(read, one.secret)) refusals.push(`${at}: subscription ${one.id}`);
    }
  };
  const refresh = (): void => {
    if (stale > 0) stale--;
    else read = file;
  };
  /** Every call can be the last: before it does anything, or after. */
  const call = async <Done>(name: string, work: () => Promise<Done>): Promise<Done> => {
    look(`before ${name}`);
    if (++calls === killAt) throw killed;
    const done = await work();
    look(`after ${name}`);
    if (++calls === killAt) throw killed;
    return done;
  };
  const { list, create, update, delete: remove } = model.subscriptions;
  const ports: RotationPorts = {
    readSecrets: () => call('read', async () => file),
    writeSecrets: (secrets) =>
      call('write', async () => {
        file = [...secrets];
        for (const one of secrets) if (!holds(managed, one)) listed.add(one.reveal());
        stale = staleFor;
      }),
    readRotation: () => call('read rotation', async () => rotation),
    writeRotation: (next) =>
      call('write rotation', async () => {
        rotation = next;
      }),
    accepted: (wanted) =>
      call('accepted', async () => {
        refresh();
        return holds(read, wanted);
      }),
    newSecret: () => new Secret(`canary-rotated-${++made}`),
    api: {
      subscriptions: {
        list: () => call('list', list),
        create,
        update: (id, wanted) => call('update', () => update(id, wanted)),
        delete: remove,
      },
    },
    clock: {
      now: clock.now,
      async sleep(ms) {
        await call('sleep', async () => undefined);
        await clock.sleep(ms);
      },
    },
    log,
  };
  return {
    model,
    ports,
    log,
    refusals,
    file: () => file,
    phase: () => rotationPhase(file, rotation).phase,
    rotation: () => rotation,
    listed: () => [...listed],
    calls: () => calls,
    kill(at: number) {
      calls = 0;
      killAt = at;
    },
    /** The receiver reads the file: a second passed. */
    refresh() {
      stale = 0;
      refresh();
    },
    run: () => collect(rotateSecret({ target }, ports, noSignal)),
    heldSecrets: () => new Set(model.blocked().map((one) => one.secret?.reveal())),
  };
}

const didOf = (steps: readonly RotationStep[]): readonly string[] => steps.map(({ did }) => did);

describe('a rotation', () => {
  it('adds, tells, puts first and drops, in this order', async () => {
    const fixture = startFixture();
    const steps = await fixture.run();
    const told = ['told', 'told', 'told'];
    expect(didOf(steps)).toEqual(['added', 'accepted', ...told, 'put_first', 'waiting', 'dropped']);
    expect(steps.at(-2)).toEqual({ did: 'waiting', ms: 60_000, isSeen: true });
    expect(fixture.file().map((one) => one.reveal())).toEqual(['canary-rotated-1']);
    expect(fixture.rotation()).toBeUndefined();
    expect([...fixture.heldSecrets()]).toEqual(['canary-rotated-1']);
    expect(fixture.refusals).toEqual([]);
    expect(JSON.stringify([steps, fixture.log.lines])).not.toContain('canary');
  });

  it('tells all of them once more, and waits longer, where ExtremeCloud IQ shows no secrets', async () => {
    const fixture = startFixture({ showsSecrets: false });
    const steps = await fixture.run();
    expect(steps.filter(({ did }) => did === 'told')).toHaveLength(6);
    expect(steps.at(-2)).toEqual({ did: 'waiting', ms: 600_000, isSeen: false });
    expect([...fixture.heldSecrets()]).toEqual(['canary-rotated-1']);
  });

  it('keeps the old secret until its wait is over', async () => {
    const { ports, file } = startFixture();
    let waitsSinceMs = 0;
    for await (const { did } of rotateSecret({ target, graceMs: 5_000 }, ports, noSignal)) {
      if (did === 'waiting') waitsSinceMs = ports.clock.now();
      expect(holds(file(), secret)).toBe(did !== 'dropped');
    }
    expect(ports.clock.now() - waitsSinceMs).toBe(5_000);
  });

  it('keeps the old secret where a subscription has it again after the wait', async () => {
    const fixture = startFixture();
    const rotated = async () => {
      for await (const { did } of rotateSecret({ target }, fixture.ports, noSignal)) {
        if (did === 'waiting') fixture.model.set([subscription('AUDIT_LOG_ALL', { id: '7' })]);
      }
    };
    await expect(rotated()).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('subscription 7.'),
    });
    expect(holds(fixture.file(), secret)).toBe(true);
    expect(fixture.refusals).toEqual([]);
  });

  it('takes all old ones out', async () => {
    const fixture = startFixture({ managed: [secret, otherSecret] });
    await fixture.run();
    expect(fixture.file()).toHaveLength(1);
    expect(fixture.refusals).toEqual([]);
  });

  it('leaves a disabled subscription disabled, and the foreign ones alone', async () => {
    const found = [
      subscription('AUDIT_LOG_ALL', { id: '1', status: 'DISABLED' }),
      subscription('AUDIT_LOG_ALL', { id: '2', application: 'theirs', url: 'https://elsewhere.example/' }),
    ];
    const fixture = startFixture({ found });
    await fixture.run();
    expect(fixture.model.blocked()).toMatchObject([{ status: 'DISABLED' }, { secret }]);
  });
});

describe.each([
  ['that shows secrets', { showsSecrets: true }],
  ['that shows none', { showsSecrets: false }],
  ['that shows changes late', { lateBy: 2 }],
  ['while our receiver reads late', { staleFor: 3 }],
])('killed at any call to an API %s, and run again', (_case, options) => {
  it('it goes on, refuses no webhook in between, and makes no second secret', async () => {
    const whole = startFixture(options);
    await whole.run();
    const calls = whole.calls();
    expect(calls).toBeGreaterThan(20);
    for (let at = 1; at <= calls; at++) {
      const fixture = startFixture(options);
      fixture.kill(at);
      await expect(fixture.run()).rejects.toBe(killed);
      // Then the receiver has read what was written, ExtremeCloud IQ sends with what it has, and somebody runs it again.
      fixture.refresh();
      fixture.kill(Number.POSITIVE_INFINITY);
      const wasOver = fixture.phase() === 'idle' && !holds(fixture.file(), secret);
      if (!wasOver) await fixture.run();
      expect(fixture.refusals, `killed at call ${at}`).toEqual([]);
      expect(fixture.file()).toHaveLength(1);
      expect(new Set(fixture.file().map((one) => one.reveal()))).toEqual(fixture.heldSecrets());
      expect(holds(fixture.file(), secret), `killed at call ${at}`).toBe(false);
      expect(fixture.listed(), `killed at call ${at}`).toEqual(fixture.file().map((one) => one.reveal()));
      expect(fixture.phase()).toBe('idle');
    }
  });
});

it('killed twice, it goes on all the same', async () => {
  const whole = startFixture();
  await whole.run();
  for (let first = 1; first <= whole.calls(); first += 4) {
    for (let second = 1; second <= whole.calls(); second += 4) {
      const fixture = startFixture();
      for (const at of [first, second]) {
        fixture.kill(at);
        await fixture.run().catch((error: unknown) => expect(error).toBe(killed));
        fixture.refresh();
      }
      fixture.kill(Number.POSITIVE_INFINITY);
      await fixture.run();
      expect(fixture.refusals).toEqual([]);
      expect(new Set(fixture.file().map((one) => one.reveal()))).toEqual(fixture.heldSecrets());
    }
  }
});

describe('what it does not do', () => {
  it('ExtremeCloud IQ hears nothing where our receiver does not accept the new secret', async () => {
    const fixture = startFixture();
    const steps = collect(rotateSecret({ target }, { ...fixture.ports, accepted: async () => false }, noSignal));
    await expect(steps).rejects.toMatchObject({ code: 'busy' });
    expect(fixture.model.calls).toEqual([]);
    expect(holds(fixture.file(), secret)).toBe(true);
  });

  it('the old secret stays where ExtremeCloud IQ does not take the new one', async () => {
    const fixture = startFixture({ lateBy: 1_000 });
    await expect(fixture.run()).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('1, 2, 3') });
    expect(holds(fixture.file(), secret)).toBe(true);
  });

  it.each([
    ['has the old secret', { secret }, {}, 'busy'],
    ['does not show its secret', {}, { showsSecrets: false }, 'busy'],
    ['is refused already', { secret: otherSecret }, {}, undefined],
  ])('the old secret goes only if nobody else needs it at our URL: one %s', async (_case, changes, options, code) => {
    const found = [
      subscription('AUDIT_LOG_ALL', { id: '1' }),
      subscription('AUDIT_LOG_ALL', { id: '77', application: 'theirs', ...changes }),
    ];
    const fixture = startFixture({ found, ...options });
    const end = await fixture.run().catch((error: unknown) => error);
    if (code === undefined) expect(fixture.file()).toHaveLength(1);
    else {
      expect(end).toMatchObject({ code, message: expect.stringContaining('77') });
      expect(holds(fixture.file(), secret)).toBe(true);
    }
  });

  it('an empty list of secrets, and a new secret that is an old one, are refused', async () => {
    await expect(startFixture({ managed: [] }).run()).rejects.toMatchObject({ code: 'secret_unreadable' });
    const fixture = startFixture();
    const steps = collect(rotateSecret({ target }, { ...fixture.ports, newSecret: () => secret }, noSignal));
    await expect(steps).rejects.toMatchObject({ code: 'usage' });
    expect(fixture.file()).toEqual([secret]);
  });
});
