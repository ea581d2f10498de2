// Figures as a person reads them.

/** `1 body`, `1,204 bodies`. */
export function amount(count: number, thing: string): string {
  const things = thing.endsWith('y') ? `${thing.slice(0, -1)}ies` : `${thing}s`;
  return `${count.toLocaleString('en-US')} ${count === 1 ? thing : things}`;
}

export function hours(value: number): string {
  return value < 2 ? `${Math.round(value * 60)} minutes` : `${Math.round(value)} hours`;
}

export function seconds(value: number): string {
  if (value < 120) return `${Math.round(value)} seconds`;
  return value < 7_200 ? `${Math.round(value / 60)} minutes` : hours(value / 3_600);
}

export function list(items: readonly string[] | undefined): string {
  return items === undefined || items.length === 0 ? 'nothing more is known' : items.join(', ');
}
