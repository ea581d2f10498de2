import { expect, it } from 'vitest';
import { codeOfSignal, codeOfStatus } from './fault-codes.ts';

it.each([
  [302, 'redirected'],
  [400, 'bad_request'],
  [401, 'unauthorized'],
  [418, 'bad_request'],
  [500, 'server_error'],
  [503, 'service_unavailable'],
  [507, 'server_error'],
])('status %i has the code %s', (status, code) => {
  expect(codeOfStatus(status)).toBe(code);
});

it('distinguishes a time limit from a cancelled call', () => {
  expect(codeOfSignal(AbortSignal.abort(new DOMException('late', 'TimeoutError')))).toBe('timed_out');
  expect(codeOfSignal(AbortSignal.abort())).toBe('aborted');
});
