// The Elasticsearch destination: data streams of Elasticsearch 8.17 and later, and 9.x.
export { elasticsearchDestination } from './elasticsearch-destination.ts';
export { elasticsearchSetup } from './setup.ts';
