// Puts times and other facts into words.
const units = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];
const short = {day: 'd', hour: 'h', minute: 'min', second: 's'};

// A duration in milliseconds with its two largest units, such as "6 d 23 h" or "4 min 05 s".
export function duration(ms) {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const first = units.findIndex(([, size]) => rest >= size);
  if (first < 0) {
    return '0 s';
  }
  const parts = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const n = Math.floor(rest / size);
    rest %= size;
    parts.push(`${parts.length && unit === 'second' ? String(n).padStart(2, '0') : n} ${short[unit]}`);
  }
  return parts.join(' ');
}

const relative = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});

// How long ago something was, such as "3 minutes ago" or "yesterday".
export function ago(date, now) {
  const passed = Math.max(0, (now - date) / 1000);
  if (passed < 45) {
    return 'just now';
  }
  const [unit, size] = units.find(([name, each]) => name !== 'second' && passed >= each) ?? units[2];
  return relative.format(-Math.round(passed / size), unit);
}

const day = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});
const moment = new Intl.DateTimeFormat('en-GB', {dateStyle: 'long', timeStyle: 'short'});

export const onDay = (date) => day.format(date);
export const atTime = (date) => moment.format(date);

// At most two letters that stand for a name.
export function initials(name) {
  const words = name.split(/\s+/u).map((word) => word.match(/[\p{L}\p{N}]/u)?.[0]).filter(Boolean);
  return (words.length > 1 ? [words[0], words.at(-1)] : words).join('').toUpperCase();
}

const outcomes = {
  'rotated': 'The session moved on and sent new tokens.',
  'held': 'A new access token came; the refresh token was sent too lately to be replaced again.',
  'replayed-unused': 'The tokens of the last refresh came once more, since nobody had used them.',
  'replayed-concurrent': 'Another tab was first; its tokens came once more.',
};

export const outcome = (name) => outcomes[name] ?? 'The tokens are new.';
