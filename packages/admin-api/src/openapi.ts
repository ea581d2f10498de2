// Renders the OpenAPI document of the admin API from the table of its routes.
import { z } from 'zod';
import type { Route } from './route.ts';
import { errorResponse } from './routes/common.ts';
import { routes } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const pathFields = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, field]) => field ?? []);

function parametersOf({ method, path, input }: Route): readonly Json[] {
  const inPath = pathFields(path);
  return Object.entries(input.shape).flatMap(([name, schema]) => {
    if (!inPath.includes(name) && method !== 'GET') return [];
    const location = inPath.includes(name) ? 'path' : 'query';
    const required = location === 'path' || !z.safeParse(schema, undefined).success;
    return [{ name, in: location, required, schema: schemaOf(z.instanceof(z.ZodType).parse(schema), 'input') }];
  });
}

function bodyOf({ method, path, input }: Route): Json {
  if (method === 'GET') return {};
  const inPath = pathFields(path);
  const rest = z.strictObject(
    Object.fromEntries(Object.entries(input.shape).filter(([name]) => !inPath.includes(name))),
  );
  if (Object.keys(rest.shape).length === 0) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(rest, 'input') } } } };
}

function operationOf(operationId: string, route: Route): Json {
  const type = route.kind === 'stream' ? 'application/x-ndjson' : 'application/json';
  const description = route.kind === 'stream' ? 'One JSON object per line' : 'Success';
  return {
    operationId,
    summary: route.summary,
    parameters: parametersOf(route),
    ...bodyOf(route),
    responses: {
      200: { description, content: { [type]: { schema: schemaOf(route.response, 'output') } } },
      default: {
        description: 'Error: `error` is a code, `message` says what happened and what to do',
        content: { 'application/json': { schema: schemaOf(errorResponse, 'output') } },
      },
    },
  };
}

/** `version` of the connector. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'xiq-siem-connector admin API', version, license: { name: 'Apache-2.0' } },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`token` of data/admin.json' } },
    },
  };
}
