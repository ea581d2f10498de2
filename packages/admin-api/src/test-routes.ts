// For tests that loop over the table of routes: sample values of a schema, and calls of an operation with them.
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

/** A valid value: required fields only; the first of several forms. */
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

/** Calls an operation with a sample of its input; resolves with its response or its lines. */
export async function callByName(operations: Operations, name: RouteName): Promise<readonly unknown[]> {
  const { signal } = new AbortController();
  const responseTo = <Name extends ResponseName>(one: Name) =>
    responseOf(operations, one)(sampleOf(routeOf(one).input), signal);
  const linesOf = <Name extends StreamName>(one: Name) =>
    streamOf(operations, one)(sampleOf(routeOf(one).input), signal);
  if (!isStream(name)) return [await responseTo(name)];
  const lines: unknown[] = [];
  for await (const line of linesOf(name)) lines.push(line);
  return lines;
}

/** A connector that answers each route with a sample, and records the calls. */
export function sampleConnector(): { readonly calls: readonly [RouteName, object][]; readonly operations: Operations } {
  const calls: [RouteName, object][] = [];
  const operations = operationsBy(
    (name) => async (input) => {
      calls.push([name, input]);
      return sampleOf(routeOf(name).response);
    },
    (name) =>
      async function* (input) {
        calls.push([name, input]);
        yield sampleOf(routeOf(name).response);
      },
  );
  return { calls, operations };
}
