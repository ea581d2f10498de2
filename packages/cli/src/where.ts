// Parses the option that selects events: `--where dataset=…,source=…,action=…`.
import type { Where } from '@xiq-siem/admin-api';
import { ConnectorError } from '@xiq-siem/core';
import type { CommandOptions } from './arguments.ts';

export const whereOption = {
  where: {
    type: 'string',
    multiple: true,
    value: 'CONDITIONS',
    help: 'only events that match: dataset=A,B,source=C,action=D; repeatable',
  },
} as const satisfies CommandOptions;

const plural = { dataset: 'datasets', source: 'sources', action: 'actions' } as const;
const isField = (text: string): text is keyof typeof plural => Object.hasOwn(plural, text);

/**
 * A comma separates conditions, and the values of one condition: `dataset=a,b,source=c`.
 * @throws ConnectorError `usage`.
 */
export function parseWhere(texts: readonly string[] = []): Where {
  const found: Record<keyof typeof plural, string[]> = { dataset: [], source: [], action: [] };
  for (const text of texts) {
    let field: keyof typeof plural | undefined;
    for (const part of text.split(',').map((each) => each.trim())) {
      const [name = '', ...rest] = part.split('=');
      if (rest.length > 0 && isField(name)) field = name;
      const value = rest.length > 0 && isField(name) ? rest.join('=') : part;
      if (field === undefined || value === '' || (rest.length > 0 && !isField(name))) {
        const expected = 'expected dataset=…, source=… or action=…';
        throw new ConnectorError('usage', `--where ${JSON.stringify(text)}: ${JSON.stringify(part)}: ${expected}`);
      }
      found[field].push(value);
    }
  }
  const given = (values: string[]) => (values.length === 0 ? undefined : values);
  return { datasets: given(found.dataset), sources: given(found.source), actions: given(found.action) };
}

/** The same for a query string, where lists are text. */
export function whereQuery({ datasets, sources, actions }: Where) {
  return { datasets: datasets?.join(','), sources: sources?.join(','), actions: actions?.join(',') };
}
