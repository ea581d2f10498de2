// For tests that loop over the table: a value that a schema takes, and a call of any operation with such an input.
import { z } from 'zod';
import {
  isStream,
  type Operations,
  operationsBy,
  type ResponseName,
  type RouteName,
  responseOf,
  routeOf,
  type StreamName,
  streamOf,
} from './routes.ts';

/** With required fields alone; the first of several forms. */
export function sampleOf<Value>(schema: z.ZodType<Value>): Value {
  return schema.parse(sampleOfJson(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })));
}

function sampleOfJson(schema: z.core.JSONSchema.JSONSchema | boolean): unknown {
  if (typeof schema === 'boolean') return 1;
  const { anyOf = [], oneOf = [], type, format, minimum = 1, properties = {}, required = [], items } = schema;
  const [form] = [...anyOf, ...oneOf];
  if (form !== undefined) return sampleOfJson(form);
  if (schema.const !== undefined || schema.enum !== undefined) return schema.const ?? schema.enum?.[0];
  if (type === 'object') return Object.fromEntries(required.map((key) => [key, sampleOfJson(properties[key] ?? {})]));
  if (type === 'array') return items === undefined || Array.isArray(items) ? [] : [sampleOfJson(items)];
  if (type === 'string') return format === 'date-time' ? '2026-11-24T12:00:00Z' : 'x';
  return type === 'boolean' ? true : minimum;
}

/** Asks the operation of this name with a sample of its input; resolves with its answer, or its lines. */
export async function askByName(operations: Operations, name: RouteName): Promise<readonly unknown[]> {
  const { signal } = new AbortController();
  const answerTo = <Name extends ResponseName>(one: Name) =>
    responseOf(operations, one)(sampleOf(routeOf(one).input), signal);
  const linesOf = <Name extends StreamName>(one: Name) =>
    streamOf(operations, one)(sampleOf(routeOf(one).input), signal);
  if (!isStream(name)) return [await answerTo(name)];
  const lines: unknown[] = [];
  for await (const line of linesOf(name)) lines.push(line);
  return lines;
}

/** A connector that answers each route with a sample; `asked` is what it was asked. */
export function sampleConnector(): { readonly asked: readonly [RouteName, object][]; readonly operations: Operations } {
  const asked: [RouteName, object][] = [];
  const operations = operationsBy(
    (name) => async (input) => {
      asked.push([name, input]);
      return sampleOf(routeOf(name).response);
    },
    (name) =>
      async function* (input) {
        asked.push([name, input]);
        yield sampleOf(routeOf(name).response);
      },
  );
  return { asked, operations };
}
