import { mlcError } from '@mlcontainer/plugin-kit';

/** A Debian version taken apart (deb-version(7)): `epoch:upstream-revision`. */
export interface DebianVersion {
  readonly epoch: number;
  readonly upstream: string;
  /** `''` where there is none; it then compares like `0`. */
  readonly revision: string;
}

const UPSTREAM = /^[0-9A-Za-z.+~:-]+$/;
const REVISION = /^[0-9A-Za-z.+~]*$/;

/** Takes a version apart. Throws MLC4023 on what deb-version(7) does not allow. */
export function parseVersion(text: string): DebianVersion {
  const colon = text.indexOf(':');
  const epoch = colon < 0 ? '0' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  const upstream = dash < 0 ? rest : rest.slice(0, dash);
  const revision = dash < 0 ? '' : rest.slice(dash + 1);
  const whole = /^[0-9]{1,9}$/.test(epoch) && UPSTREAM.test(upstream) && REVISION.test(revision);
  if (!whole || (dash >= 0 && revision === ''))
    throw mlcError('MLC4023', { what: 'version', text });
  return { epoch: Number(epoch), upstream, revision };
}

/**
 * Orders two Debian versions: negative, 0 or positive, like a sort callback.
 * Source: deb-version(7), "Sorting algorithm". Throws MLC4023 on a malformed version.
 */
export function compareVersions(left: string, right: string): number {
  if (left === right) return 0;
  const a = parseVersion(left);
  const b = parseVersion(right);
  return (
    a.epoch - b.epoch ||
    compareParts(a.upstream, b.upstream) ||
    compareParts(a.revision, b.revision)
  );
}

/** Non-digits by their order, then digits by their value, in turn until something differs. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = order(a, i) - order(b, j);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const left = digits(a, i);
    const right = digits(b, j);
    const difference = compareNumbers(left, right);
    if (difference !== 0) return difference;
    i += left.length;
    j += right.length;
  }
  return 0;
}

/** `~` before the end, the end before letters, letters before all else. */
function order(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 0x7e) return -1;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter ? code : code + 256;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function digits(text: string, at: number): string {
  let end = at;
  while (isDigit(text, end)) end += 1;
  return text.slice(at, end);
}

/** As text, because a date with time and build number is longer than what a double holds. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}
