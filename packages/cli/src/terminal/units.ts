// Formats durations, bytes, counts and times.
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The two largest units: "3 min", "2 h 10 min", "4 d 3 h"; below a minute seconds. */
export function duration(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < minute) return `${whole} s`;
  const [size, unit, lesser, lesserUnit] =
    whole < hour
      ? ([minute, 'min', 1, 's'] as const)
      : whole < day
        ? ([hour, 'h', minute, 'min'] as const)
        : ([day, 'd', hour, 'h'] as const);
  const first = Math.floor(whole / size);
  const rest = Math.floor((whole % size) / lesser);
  // Seconds beside many minutes, or hours beside many days, are noise.
  return rest === 0 || first >= 10 ? `${group(first)} ${unit}` : `${first} ${unit} ${rest} ${lesserUnit}`;
}

/** One unit, for a table: "42 s", "12 min", "2.2 h", "34 d". */
export function shortDuration(seconds: number): string {
  if (seconds < minute) return `${Math.round(seconds)} s`;
  if (seconds < hour) return `${Math.round(seconds / minute)} min`;
  const [size, unit] = seconds < day ? [hour, 'h'] : [day, 'd'];
  return `${threeDigits(seconds / size)} ${unit}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function byteSize(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), byteUnits.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? String(bytes) : threeDigits(value)} ${byteUnits[power]}`;
}

/** Whole numbers with thousands separated: "1,234,567". */
export function group(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** "1 event", "1,200 events"; `many`: an irregular plural. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${group(count)} ${count === 1 ? one : many}`;
}

/** For a table: exact up to seven digits, then "12.3 M". */
export function shortCount(count: number): string {
  if (count < 10_000_000) return group(count);
  return count < 1_000_000_000 ? `${threeDigits(count / 1_000_000)} M` : `${threeDigits(count / 1_000_000_000)} G`;
}

export function rate(perSecond: number | null): string {
  if (perSecond === null) return '-';
  return perSecond >= 100 || perSecond === 0 ? group(perSecond) : perSecond.toFixed(1);
}

/** "2026-11-24 22:37:33Z". */
export function clockTime(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return iso;
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

const threeDigits = (value: number): string => (value < 10 ? value.toFixed(1) : group(value));
