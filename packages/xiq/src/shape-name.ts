// The name of a field as it may be shown to others: one that could be a value of somebody's is not.

const plain = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Numbers of people and things, dates, addresses, MACs, digests: by what is left without underscores. */
const valueLike = /\d{6}|[0-9a-f]{8}/i;

/** The name, or `*`. A letter, digit or underscore is all that a name of a field needs. */
export const shapeName = (name: string): string =>
  plain.test(name) && !valueLike.test(name.replaceAll('_', '')) ? name : '*';
