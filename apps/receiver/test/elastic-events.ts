// For tests: events of two types, each with its own id.
const firstMs = Date.parse('2026-03-01T12:00:00Z');
const range = (count: number, from = 0) => Array.from({ length: count }, (_, at) => from + at);
/** `from`: number of the first event. */
export const audits = (count: number, from = 0, username = 'j.doe', description = 'Logged in') =>
  range(count, from).map((at) => ({ timestamp: firstMs + at, userId: at, username, code: 10_001, description }));
export const texts = (count: number, from = 0) =>
  range(count, from).map((at) => ({
    timestamp: firstMs + at,
    messageId: `SM${at}`,
    tel: '+49 30 5550100',
    status: 'FAIL',
  }));
