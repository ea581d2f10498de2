import { expect, it } from 'vitest';
import { ConnectorError, exitCodes, isErrorCode } from './errors.ts';

it('a code of the table has its exit code', () => {
  expect(new ConnectorError('busy', 'later')).toMatchObject({ code: 'busy', exitCode: exitCodes.temporary });
  expect(isErrorCode('busy')).toBe(true);
});

it('a declared code has its own exit code', () => {
  const cause = new Error('why');
  const error = new ConnectorError({ code: 'vault_sealed', exitCode: exitCodes.permission }, 'unseal it', { cause });
  expect(error).toMatchObject({ code: 'vault_sealed', exitCode: 77, message: 'unseal it', cause });
  expect(['vault_sealed', 'toString', ''].filter(isErrorCode)).toEqual([]);
});
