import { expect, it, onTestFinished, vi } from 'vitest';
import { telemetryToTest } from './test-telemetry.ts';

const sdkIsLoaded = () => Symbol.for('opentelemetry.js.api.1') in globalThis;

it('the SDK is loaded at the first scrape, and a stop without one returns at once', async () => {
  const { telemetry, counters } = telemetryToTest();
  counters.add('xiq_siem.journal.syncs', 1);
  await telemetry.stop();
  expect(sdkIsLoaded()).toBe(false);

  const checked = telemetryToTest();
  expect(await checked.telemetry.prometheus()).toContain('target_info');
  expect(sdkIsLoaded()).toBe(true);
  await checked.telemetry.stop();
});

it('two concurrent scrapes get the same text from one SDK', async () => {
  const { telemetry, counters, lines } = telemetryToTest();
  onTestFinished(() => telemetry.stop());
  counters.add('xiq_siem.journal.syncs', 1);
  const [one, other] = await Promise.all([telemetry.prometheus(), telemetry.prometheus()]);
  expect(one).toBe(other);
  expect(lines).toEqual([]);
});

it('an SDK that the environment disables is an error that says so', async () => {
  vi.stubEnv('OTEL_SDK_DISABLED', 'true');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { telemetry } = telemetryToTest();
  onTestFinished(() => telemetry.stop());
  await expect(telemetry.prometheus()).rejects.toThrow('OTEL_SDK_DISABLED is set');
});

it('the environment adds neither an exporter nor a console', async () => {
  vi.stubEnv('OTEL_METRICS_EXPORTER', 'console,otlp');
  vi.stubEnv('OTEL_TRACES_EXPORTER', 'console');
  vi.stubEnv('OTEL_LOGS_EXPORTER', 'console');
  onTestFinished(() => void vi.unstubAllEnvs());
  const consoles = (['log', 'info', 'warn', 'error', 'debug', 'dir'] as const).map((name) => vi.spyOn(console, name));
  onTestFinished(() => void vi.restoreAllMocks());
  const { telemetry, lines } = telemetryToTest();
  await telemetry.prometheus();
  await telemetry.stop();
  expect(consoles.flatMap(({ mock }) => mock.calls)).toEqual([]);
  expect(lines).toEqual([]);
});
