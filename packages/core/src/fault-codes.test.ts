import { expect, it } from 'vitest';
import { codeOfSignal, codeOfStatus } from './fault-codes.ts';

it.each([
  [302, 'redirected'],
  [400, 'bad_request'],
  [401, 'unauthorized'],
  [418, 'bad_request'],
  [500, 'server_error'],
  [503, 'service_unavailable'],
  [504, 'gateway_timeout'],
  [506, 'server_error'],
  [507, 'service_unavailable'],
  [521, 'bad_gateway'],
  [524, 'gateway_timeout'],
  [599, 'gateway_timeout'],
])('status %i has the code %s', (status, code) => {
  expect(codeOfStatus(status)).toBe(code);
});

it('distinguishes a time limit from a cancelled call', () => {
  expect(codeOfSignal(AbortSignal.abort(new DOMException('late', 'TimeoutError')))).toBe('timed_out');
  expect(codeOfSignal(AbortSignal.abort())).toBe('aborted');
});
