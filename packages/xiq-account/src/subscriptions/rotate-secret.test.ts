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

const holds = (secrets: readonly Secret[], secret: Secret): boolean =>
  secrets.some((one) => one.reveal() === secret.reveal());

interface FixtureOptions extends ModelOptions {
  readonly managed?: readonly Secret[];
  readonly found?: ReturnType<typeof subscription>[];
  /** Number of reads by the receiver that still return the old file. */
  readonly staleFor?: number;
}

/** The secrets file, our receiver that reads it late, and ExtremeCloud IQ: at each call they must agree. */
function startFixture({ managed = [secret], found, staleFor = 1, ...options }: FixtureOptions = {}) {
  const types = target.messageTypes.map((type, index) => subscription(type, { id: String(index + 1) }));
  const model = modelXiq(found ?? types, options);
  const { clock, log } = testPorts();
  let file = [...managed];
  let rotation: string | undefined;
  /** All new secrets that were in the file. */
  const listed = new Set<string>();
  /** The oldest state of the file that the receiver may still have. */
  let read = file;
  let stale = 0;
  let made = 0;
  let calls = 0;
  let killAt = Number.POSITIVE_INFINITY;
  const refusals: string[] = [];

  const check = (at: string): void => {
    for (const one of model.stored()) {
      const isOurs = one.url.startsWith(target.publicUrl);
      if (!isOurs || one.secret === undefined) continue;
      // The receiver may have the old state or the current one.
      if (!holds(file, one.secret) || !holds(read, one.secret)) refusals.push(`${at}: subscription ${one.id}`);
    }
  };
  const refresh = (): void => {
    if (stale > 0) stale--;
    else read = file;
  };
  /** The rotation can be killed before and after each call. */
  const call = async <Done>(name: string, work: () => Promise<Done>): Promise<Done> => {
    check(`before ${name}`);
    if (++calls === killAt) throw killed;
    const done = await work();
    check(`after ${name}`);
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
    accepted: (candidate) =>
      call('accepted', async () => {
        refresh();
        return holds(read, candidate);
      }),
    newSecret: () => new Secret(`canary-rotated-${++made}`),
    api: {
      subscriptions: {
        list: () => call('list', list),
        create,
        update: (id, desired) => call('update', () => update(id, desired)),
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
    /** The receiver reads the file. */
    refresh() {
      stale = 0;
      refresh();
    },
    run: () => collect(rotateSecret({ target }, ports, noSignal)),
    xiqSecrets: () => new Set(model.stored().map((one) => one.secret?.reveal())),
  };
}

const actionsOf = (steps: readonly RotationStep[]): readonly string[] => steps.map(({ action }) => action);

describe('a rotation', () => {
  it('adds the new secret, updates the subscriptions, promotes it and removes the old one, in this order', async () => {
    const fixture = startFixture();
    const steps = await fixture.run();
    const updated = ['updated', 'updated', 'updated'];
    expect(actionsOf(steps)).toEqual(['added', 'accepted', ...updated, 'promoted', 'waiting', 'removed']);
    expect(steps.at(-2)).toEqual({ action: 'waiting', ms: 60_000, verified: true });
    expect(fixture.file().map((one) => one.reveal())).toEqual(['canary-rotated-1']);
    expect(fixture.rotation()).toBeUndefined();
    expect([...fixture.xiqSecrets()]).toEqual(['canary-rotated-1']);
    expect(fixture.refusals).toEqual([]);
    expect(JSON.stringify([steps, fixture.log.lines])).not.toContain('canary');
  });

  it('updates all subscriptions twice, and waits longer, if ExtremeCloud IQ shows no secrets', async () => {
    const fixture = startFixture({ showsSecrets: false });
    const steps = await fixture.run();
    expect(steps.filter(({ action }) => action === 'updated')).toHaveLength(6);
    expect(steps.at(-2)).toEqual({ action: 'waiting', ms: 600_000, verified: false });
    expect([...fixture.xiqSecrets()]).toEqual(['canary-rotated-1']);
  });

  it('keeps the old secret until the wait ends', async () => {
    const { ports, file } = startFixture();
    let waitsSinceMs = 0;
    for await (const { action } of rotateSecret({ target, graceMs: 5_000 }, ports, noSignal)) {
      if (action === 'waiting') waitsSinceMs = ports.clock.now();
      expect(holds(file(), secret)).toBe(action !== 'removed');
    }
    expect(ports.clock.now() - waitsSinceMs).toBe(5_000);
  });

  it('keeps the old secret if a subscription has it again after the wait', async () => {
    const fixture = startFixture();
    const rotated = async () => {
      for await (const { action } of rotateSecret({ target }, fixture.ports, noSignal)) {
        if (action === 'waiting') fixture.model.set([subscription('AUDIT_LOG_ALL', { id: '7' })]);
      }
    };
    await expect(rotated()).rejects.toMatchObject({
      code: 'subscription_not_updated',
      message: expect.stringContaining('subscription 7.'),
    });
    expect(holds(fixture.file(), secret)).toBe(true);
    expect(fixture.refusals).toEqual([]);
  });

  it('removes all old secrets', async () => {
    const fixture = startFixture({ managed: [secret, otherSecret] });
    await fixture.run();
    expect(fixture.file()).toHaveLength(1);
    expect(fixture.refusals).toEqual([]);
  });

  it('leaves a disabled subscription disabled, and a foreign one unchanged', async () => {
    const found = [
      subscription('AUDIT_LOG_ALL', { id: '1', status: 'DISABLED' }),
      subscription('AUDIT_LOG_ALL', { id: '2', application: 'theirs', url: 'https://elsewhere.example/' }),
    ];
    const fixture = startFixture({ found });
    await fixture.run();
    expect(fixture.model.stored()).toMatchObject([{ status: 'DISABLED' }, { secret }]);
  });
});

describe.each([
  ['that shows secrets', { showsSecrets: true }],
  ['that shows no secrets', { showsSecrets: false }],
  ['that shows changes late', { lateBy: 2 }],
  ['while our receiver reads late', { staleFor: 3 }],
])('killed at any call to an API %s, and run again', (_case, options) => {
  it('resumes, rejects no webhook, and creates no second secret', async () => {
    const complete = startFixture(options);
    await complete.run();
    const calls = complete.calls();
    expect(calls).toBeGreaterThan(20);
    for (let at = 1; at <= calls; at++) {
      const fixture = startFixture(options);
      fixture.kill(at);
      await expect(fixture.run()).rejects.toBe(killed);
      // Then the receiver reads the file, ExtremeCloud IQ continues to send, and an operator runs the rotation again.
      fixture.refresh();
      fixture.kill(Number.POSITIVE_INFINITY);
      const wasOver = fixture.phase() === 'idle' && !holds(fixture.file(), secret);
      if (!wasOver) await fixture.run();
      expect(fixture.refusals, `killed at call ${at}`).toEqual([]);
      expect(fixture.file()).toHaveLength(1);
      expect(new Set(fixture.file().map((one) => one.reveal()))).toEqual(fixture.xiqSecrets());
      expect(holds(fixture.file(), secret), `killed at call ${at}`).toBe(false);
      expect(fixture.listed(), `killed at call ${at}`).toEqual(fixture.file().map((one) => one.reveal()));
      expect(fixture.phase()).toBe('idle');
    }
  });
});

it('resumes after two kills', async () => {
  const complete = startFixture();
  await complete.run();
  for (let first = 1; first <= complete.calls(); first += 4) {
    for (let second = 1; second <= complete.calls(); second += 4) {
      const fixture = startFixture();
      for (const at of [first, second]) {
        fixture.kill(at);
        await fixture.run().catch((error: unknown) => expect(error).toBe(killed));
        fixture.refresh();
      }
      fixture.kill(Number.POSITIVE_INFINITY);
      await fixture.run();
      expect(fixture.refusals).toEqual([]);
      expect(new Set(fixture.file().map((one) => one.reveal()))).toEqual(fixture.xiqSecrets());
    }
  }
});

describe('a failed rotation', () => {
  it('updates no subscription if our receiver does not accept the new secret', async () => {
    const fixture = startFixture();
    const steps = collect(rotateSecret({ target }, { ...fixture.ports, accepted: async () => false }, noSignal));
    await expect(steps).rejects.toMatchObject({ code: 'secret_not_accepted', exitCode: 75 });
    expect(fixture.model.calls).toEqual([]);
    expect(holds(fixture.file(), secret)).toBe(true);
  });

  it('keeps the old secret if ExtremeCloud IQ does not show the new one', async () => {
    const fixture = startFixture({ lateBy: 1_000 });
    const message = expect.stringContaining('1, 2, 3');
    await expect(fixture.run()).rejects.toMatchObject({ code: 'subscription_not_updated', exitCode: 75, message });
    expect(holds(fixture.file(), secret)).toBe(true);
  });

  it.each([
    ['has the old secret', { secret }, {}, 'foreign_subscription'],
    ['does not show its secret', {}, { showsSecrets: false }, 'foreign_subscription'],
    ['is rejected already', { secret: otherSecret }, {}, undefined],
  ])(
    'keeps the old secret while a foreign subscription at our URL may need it: one that %s',
    async (_case, changes, options, code) => {
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
    },
  );

  it('rejects an empty list of secrets, and a new secret that is in the list', async () => {
    await expect(startFixture({ managed: [] }).run()).rejects.toMatchObject({ code: 'secret_missing', exitCode: 78 });
    const fixture = startFixture();
    const steps = collect(rotateSecret({ target }, { ...fixture.ports, newSecret: () => secret }, noSignal));
    await expect(steps).rejects.toThrow('in use already');
    expect(fixture.file()).toEqual([secret]);
  });
});
