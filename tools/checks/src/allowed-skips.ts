// Tests that CI may skip, by the start of their full names. The reason is above each group.

export const allowedSkips: readonly string[] = [
  // The file destination has no server: no requests, no connections, never busy, no hanging calls, no rejected event.
  'file is a destination an empty batch causes',
  'file is a destination one batch is one request',
  'file is a destination close() closes all connections',
  'file is a destination if the server is busy',
  'file is a destination it does not retry',
  'file is a destination one bad event is rejected',
  'file is a destination if the server hangs',
  'file is a destination an aborted call leaves',
  // These destinations send all data sets to one place, or separate them by template only.
  'file is a destination events of a closed data set',
  'elasticsearch is a destination events of a closed data set',
  'http/protobuf otel-logs is a destination events of a closed data set',
  'http/json otel-logs is a destination events of a closed data set',
  // Neither Splunk's HEC nor OTLP has a search call.
  'splunk-hec is a destination find() finds delivered events',
  'http/protobuf otel-logs is a destination find() finds delivered events',
  'http/json otel-logs is a destination find() finds delivered events',
];
