// Tests that CI may skip, by the beginning of their full names; above each group the reason.

export const allowedSkips: readonly string[] = [
  // A directory takes no requests, has no connections, is never busy, cannot hang on demand and refuses no event.
  'file is a destination an empty batch is answered',
  'file is a destination one batch is one request',
  'file is a destination close() lets go of all connections',
  'file is a destination a busy server rejects nothing',
  'file is a destination it does not try again by itself',
  'file is a destination one bad event is rejected',
  'file is a destination a call to a server that hangs',
  'file is a destination a call that was cut off leaves',
  // These destinations send all data sets to one place, or tell the places apart by the template alone.
  'file is a destination a lane that is closed',
  'elasticsearch is a destination a lane that is closed',
  'http/protobuf otel-logs is a destination a lane that is closed',
  'http/json otel-logs is a destination a lane that is closed',
  // What takes events here is no place to search: neither Splunk's collector nor OTLP has a call for it.
  'splunk-hec is a destination find() finds what was delivered',
  'http/protobuf otel-logs is a destination find() finds what was delivered',
  'http/json otel-logs is a destination find() finds what was delivered',
];
