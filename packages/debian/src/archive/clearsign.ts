import { mlcError } from '@mlcontainer/plugin-kit';

const BEGIN = '-----BEGIN PGP SIGNED MESSAGE-----';
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END = '-----END PGP SIGNATURE-----';

/**
 * Checks the frame of a clear-signed file (RFC 9580, section 7) before any OpenPGP code sees it: one message,
 * one signature block, nothing before, between or behind. Lenient readers take unsigned text for signed here
 * (CVE-2013-1051 and its kin). Throws MLC4001 when there is no such frame, MLC4002 on text outside of it.
 */
export function checkClearsignFrame(text: string, url: string): void {
  if (text.includes('\0')) throw mlcError('MLC4002', { url, detail: 'a NUL byte' });
  const lines = text.replace(/(\r?\n)+$/, '').split(/\r?\n/);
  const at = (marker: string) =>
    lines.flatMap((line, index) => (line.trimEnd() === marker ? [index] : []));
  const [begins, signatures, ends] = [at(BEGIN), at(SIGNATURE), at(END)];
  if (begins.length === 0) throw mlcError('MLC4001', { url, detail: 'no signed message in it' });
  if (signatures.length === 0 || ends.length === 0)
    throw mlcError('MLC4001', { url, detail: 'no signature in it' });
  const outside = outsideOf({ begins, signatures, ends, count: lines.length });
  if (outside !== undefined) throw mlcError('MLC4002', { url, detail: outside });
  checkHeaders(lines, url);
}

interface Frame {
  readonly begins: readonly number[];
  readonly signatures: readonly number[];
  readonly ends: readonly number[];
  readonly count: number;
}

function outsideOf({ begins, signatures, ends, count }: Frame): string | undefined {
  if (begins[0] !== 0) return 'before the signed message';
  if (begins.length > 1 || signatures.length > 1 || ends.length > 1)
    return 'more than one signed message';
  const [signature = 0, end = 0] = [signatures[0], ends[0]];
  if (end < signature) return 'a signature block that ends before it begins';
  if (end !== count - 1) return 'behind the signature';
  return undefined;
}

/** Only `Hash:` may stand between the first line and the blank line before the signed text. */
function checkHeaders(lines: readonly string[], url: string): void {
  const blank = lines.findIndex((line) => line.trim() === '');
  const headers = lines.slice(1, Math.max(blank, 1));
  const foreign = headers.find((line) => !/^Hash: [A-Za-z0-9, -]+$/.test(line));
  if (foreign !== undefined)
    throw mlcError('MLC4002', { url, detail: 'a header that is not signed' });
}
