// Evaluates the part of Splunk's eval expressions that the derivation of CIM fields needs.
import type { Fields } from './fields.ts';

/** One value, several values, or null. */
export type Value = string | number | boolean | readonly string[] | null;
type Expression = (fields: Fields) => Value;

const token = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']+)'|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|>=|<=|[><()/.,]))/y;

interface Token {
  readonly kind: 'text' | 'field' | 'number' | 'word' | 'sign';
  readonly text: string;
}

const kinds = ['text', 'field', 'number', 'word', 'sign'] as const;

function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const groups = token.exec(source)?.slice(1);
    const index = groups?.findIndex((group) => group !== undefined) ?? -1;
    const kind = kinds[index];
    if (kind === undefined) throw new Error(`cannot read the expression at: ${source.slice(at)}`);
    tokens.push({ kind, text: groups?.[index] ?? '' });
  }
  return tokens;
}

const listOf = (value: Value): readonly string[] =>
  value === null ? [] : Array.isArray(value) ? value : [String(value)];
const textOf = (value: Value): string | null => (value === null ? null : listOf(value).join(' '));
const first = (value: Value): string => listOf(value)[0] ?? '';

/** Functions whose arguments are evaluated first. */
const functions: Readonly<Record<string, (...values: Value[]) => Value>> = {
  coalesce: (...values) => values.find((value) => value !== null) ?? null,
  isnotnull: (value = null) => value !== null,
  isnull: (value = null) => value === null,
  lower: (value = null) => textOf(value)?.toLowerCase() ?? null,
  match: (value = null, pattern = '') => value !== null && new RegExp(first(pattern)).test(textOf(value) ?? ''),
  mvfind: (value = null, pattern = '') => {
    const found = listOf(value).findIndex((one) => new RegExp(first(pattern)).test(one));
    return found < 0 ? null : found;
  },
  mvindex: (value = null, index = 0) => listOf(value)[Number(index)] ?? null,
  null: () => null,
  replace: (value = null, pattern = '', by = '') =>
    textOf(value)?.replace(new RegExp(first(pattern), 'g'), first(by)) ?? null,
  true: () => true,
};

/** Null makes a comparison null, which is not true. */
function compare(sign: string, left: Value, right: Value): Value {
  if (left === null || right === null) return null;
  const [a, b] = [Number(left), Number(right)];
  const numeric = !Number.isNaN(a) && !Number.isNaN(b);
  if (sign === '==') return numeric ? a === b : textOf(left) === textOf(right);
  if (sign === '!=') return numeric ? a !== b : textOf(left) !== textOf(right);
  if (!numeric) throw new Error(`${sign} compares numbers only`);
  return sign === '>=' ? a >= b : sign === '<=' ? a <= b : sign === '>' ? a > b : a < b;
}

export function parseEval(source: string): Expression {
  const tokens = tokensOf(source);
  let at = 0;
  const isNext = (text: string): boolean => tokens[at]?.kind !== 'text' && tokens[at]?.text === text;
  const take = (text: string): boolean => {
    const found = isNext(text);
    if (found) at++;
    return found;
  };
  const need = (text: string): void => {
    if (!take(text)) throw new Error(`expected ${text} in ${source}, found ${tokens[at]?.text}`);
  };

  const call = (name: string): Expression => {
    const parameters: Expression[] = [];
    while (!take(')')) {
      parameters.push(either());
      if (!isNext(')')) need(',');
    }
    if (name === 'if' || name === 'case') {
      const pairs = name === 'case' ? parameters : [parameters[0], parameters[1], () => true, parameters[2]];
      return (fields) => {
        for (let index = 0; index < pairs.length; index += 2) {
          if (pairs[index]?.(fields) === true) return pairs[index + 1]?.(fields) ?? null;
        }
        return null;
      };
    }
    const known = functions[name];
    if (known === undefined) throw new Error(`unknown function ${name} in ${source}`);
    return (fields) => known(...parameters.map((parameter) => parameter(fields)));
  };

  const operand = (): Expression => {
    if (take('NOT')) {
      const inner = operand();
      return (fields) => inner(fields) !== true;
    }
    const next = tokens[at++];
    if (next?.kind === 'sign' && next.text === '(') {
      const inner = either();
      need(')');
      return inner;
    }
    if (next?.kind === 'word' && take('(')) return call(next.text);
    if (next?.kind === 'text') return () => next.text.replaceAll(/\\(.)/g, '$1');
    if (next?.kind === 'number') return () => Number(next.text);
    if (next?.kind !== 'field' && next?.kind !== 'word') throw new Error(`unexpected ${next?.text} in ${source}`);
    return (fields) => {
      const values = fields.get(next.text);
      return values === undefined ? null : values.length === 1 ? (values[0] ?? null) : values;
    };
  };

  const product = (): Expression => {
    let left = operand();
    for (;;) {
      const before = left;
      if (take('/')) {
        const right = operand();
        left = (fields) => (before(fields) === null ? null : Number(before(fields)) / Number(right(fields)));
      } else if (take('.')) {
        const right = operand();
        left = (fields) => {
          const parts = [textOf(before(fields)), textOf(right(fields))];
          return parts.includes(null) ? null : parts.join('');
        };
      } else return left;
    }
  };

  const comparison = (): Expression => {
    const left = product();
    const sign = ['==', '!=', '>=', '<=', '>', '<'].find(take);
    if (sign === undefined) return left;
    const right = product();
    return (fields) => compare(sign, left(fields), right(fields));
  };

  const both = (): Expression => {
    const parts = [comparison()];
    while (take('AND')) parts.push(comparison());
    return parts.length === 1 ? (parts[0] ?? (() => null)) : (fields) => parts.every((part) => part(fields) === true);
  };

  function either(): Expression {
    const parts = [both()];
    while (take('OR')) parts.push(both());
    return parts.length === 1 ? (parts[0] ?? (() => null)) : (fields) => parts.some((part) => part(fields) === true);
  }

  const expression = either();
  if (at < tokens.length) throw new Error(`unexpected ${tokens[at]?.text} in ${source}`);
  return expression;
}
