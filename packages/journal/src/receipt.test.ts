import { describe, expect, it } from 'vitest';
import { parseReceipt, receiptOf } from './receipt.ts';

describe('a receipt', () => {
  it('names segment and sequence, and nothing else', () => {
    for (const sequence of [1, 255, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const receipt = receiptOf('00112233445566ff', sequence);
      expect(receipt).toMatch(/^r1_[\w-]{22}$/);
      expect(parseReceipt(receipt)).toEqual({ segmentId: '00112233445566ff', sequence });
    }
  });

  it('is not parsed from other texts', () => {
    const good = receiptOf('00112233445566ff', 7);
    const others = [
      '',
      'r1_',
      good.slice(1),
      good.slice(0, -1),
      `${good}A`,
      `r2${good.slice(2)}`,
      `${good.slice(0, -1)}_`,
    ];
    for (const text of [...others, `r1_${'_'.repeat(22)}`]) expect(parseReceipt(text), text).toBeUndefined();
  });
});
