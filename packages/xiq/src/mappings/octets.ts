// The octets of a RADIUS session: bytes of ECS at its end, running totals before.
import type { AccountingInput } from './accounting-fields.ts';

const gigaword = 2 ** 32;

/** The counter with its high word; undefined where there is none, or where it is beyond what a number carries. */
function whole(octets: number | undefined, gigawords: number | undefined): number | undefined {
  if (octets === undefined) return undefined;
  const sum = octets + (gigawords ?? 0) * gigaword;
  return Number.isSafeInteger(sum) ? sum : undefined;
}

/**
 * Input is what came from the client (RFC 2866, 5.3). The counters are cumulative: an interim record's are totals so
 * far, and bytes of every record would count twice in a sum.
 */
export function finishOctets({ values, draft, leave }: AccountingInput, ended: boolean): void {
  const { acct_input_octets, acct_output_octets, acct_input_gigawords, acct_output_gigawords } = values;
  const input = whole(acct_input_octets, acct_input_gigawords);
  const output = whole(acct_output_octets, acct_output_gigawords);
  if (input !== acct_input_octets) leave('acct_input_octets');
  if (output !== acct_output_octets) leave('acct_output_octets');
  if (ended) {
    draft.set('source.bytes', input);
    draft.set('client.bytes', input);
    draft.set('destination.bytes', output);
    draft.set('server.bytes', output);
    const sum = (input ?? 0) + (output ?? 0);
    if ((input ?? output) !== undefined && Number.isSafeInteger(sum)) draft.set('network.bytes', sum);
  } else {
    draft.set('extreme.xiq.radius.input_octets_total', input);
    draft.set('extreme.xiq.radius.output_octets_total', output);
  }
  const mayWrap = (octets: number | undefined, gigawords: number | undefined): boolean =>
    octets !== undefined && gigawords === undefined && octets < gigaword;
  if (mayWrap(acct_input_octets, acct_input_gigawords) || mayWrap(acct_output_octets, acct_output_gigawords)) {
    draft.set('extreme.xiq.radius.octets_may_wrap', true);
  }
}
