// Tests that CI may skip, by the start of their full names. The reason is above each group.

export const allowedSkips: readonly string[] = [
  // The file destination has no server: no requests, no connections, never busy, no hanging calls, no rejected event.
  'file is a destination an empty batch is answered',
  'file is a destination one batch is one request',
  'file is a destination close() lets go of all connections',
  'file is a destination a busy server rejects nothing',
  'file is a destination it does not try again by itself',
  'file is a destination one bad event is rejected',
  'file is a destination a call to a server that hangs',
  'file is a destination a call that was cut off leaves',
  // These destinations send all data sets to one place, or separate them by template only.
  'file is a destination a lane that is closed',
  'elasticsearch is a destination a lane that is closed',
  'http/protobuf otel-logs is a destination a lane that is closed',
  'http/json otel-logs is a destination a lane that is closed',
  // Neither Splunk's HEC nor OTLP has a search call.
  'splunk-hec is a destination find() finds what was delivered',
  'http/protobuf otel-logs is a destination find() finds what was delivered',
  'http/json otel-logs is a destination find() finds what was delivered',
];
