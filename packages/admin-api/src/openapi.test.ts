// The OpenAPI document matches the routes.
import { expect, test } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { routes } from './routes.ts';

const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3')));

test('every route is an operation with its name and responses', () => {
  for (const [name, { path, method }] of Object.entries(routes)) {
    const operation = document.paths[path][method.toLowerCase()];
    expect(operation.operationId).toBe(name);
    expect(Object.keys(operation.responses)).toEqual(['200', 'default']);
  }
});

test('path fields are required; other fields are in the query of a GET and in the body of a POST', () => {
  expect(document.paths['/api/v1/trace/event/{eventId}'].get.parameters).toMatchObject([
    { name: 'eventId', in: 'path', required: true },
    { name: 'from', in: 'query', required: false },
    { name: 'to', in: 'query', required: false },
  ]);
  const drop = document.paths['/api/v1/dead-letters/drop'].post;
  expect(drop.parameters).toEqual([]);
  expect(drop.requestBody.content['application/json'].schema.properties).toHaveProperty('destination');
  expect(document.paths['/api/v1/jobs/{id}/cancel'].post).not.toHaveProperty('requestBody');
});

test('a stream has its own content type', () => {
  expect(Object.keys(document.paths['/api/v1/tail'].get.responses['200'].content)).toEqual(['application/x-ndjson']);
});
