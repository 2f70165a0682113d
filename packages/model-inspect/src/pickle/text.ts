// The text forms of protocol 0, decoded as CPython decodes them, and refused where CPython's picklers never write them.

/** The int of an INT line: decimal without leading zeros, or the booleans 00 and 01. */
export function parseInt10(text: string): bigint | boolean | undefined {
  if (text === '00') return false;
  if (text === '01') return true;
  return /^-?(0|[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}

/** The int of a LONG line, which may end in `L`. */
export function parseLong(text: string): bigint | undefined {
  return /^-?(0|[1-9]\d*)L?$/.test(text) ? BigInt(text.replace('L', '')) : undefined;
}

/** The float of a FLOAT line, as `repr` writes it. */
export function parseFloat64(text: string): number | undefined {
  if (text === 'inf') return Infinity;
  if (text === '-inf') return -Infinity;
  if (text === 'nan' || text === '-nan') return NaN;
  return /^-?\d+(\.\d*)?(e[+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** A memo index of a GET or PUT line. */
export function parseIndex(text: string): number | undefined {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

/** Decodes Python's raw-unicode-escape, the form of UNICODE lines; undefined where CPython would refuse it. */
export function decodeRawUnicode(latin1: string): string | undefined {
  let out = '';
  for (let i = 0; i < latin1.length; i++) {
    const kind = latin1[i] === '\\' ? latin1[i + 1] : undefined;
    if (kind === '\\') {
      // Only an odd number of backslashes before u or U makes an escape; pairs stay as they are.
      out += '\\\\';
      i++;
      continue;
    }
    if (kind !== 'u' && kind !== 'U') {
      out += latin1[i]!;
      continue;
    }
    const digits = latin1.slice(i + 2, i + (kind === 'u' ? 6 : 10));
    const code =
      /^[0-9a-fA-F]+$/.test(digits) && digits.length === (kind === 'u' ? 4 : 8)
        ? parseInt(digits, 16)
        : NaN;
    if (!(code <= 0x10ffff)) return undefined;
    out += String.fromCodePoint(code);
    i += 1 + digits.length;
  }
  return out;
}

const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Decodes a quoted STRING line (Python 2's repr of a str; codecs.escape_decode); undefined where CPython refuses it. */
export function decodeQuoted(latin1: string): string | undefined {
  const quote = latin1[0];
  if (latin1.length < 2 || (quote !== "'" && quote !== '"') || !latin1.endsWith(quote))
    return undefined;
  const body = latin1.slice(1, -1);
  let out = '';
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== '\\') {
      out += body[i]!;
      continue;
    }
    const escape = /^(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\\'"abfnrtv]))/.exec(
      body.slice(i + 1, i + 5),
    );
    if (escape === null) return undefined;
    const [all, hex, octal, simple] = escape;
    if (simple !== undefined) out += SIMPLE[simple]!;
    else
      out += String.fromCharCode(
        (hex === undefined ? parseInt(octal!, 8) : parseInt(hex, 16)) & 0xff,
      );
    i += all.length;
  }
  return out;
}

/** The int of LONG1 and LONG4: two's complement, little endian. */
export function decodeLong(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return bytes.length > 0 && bytes.at(-1)! > 127 ? value - (1n << BigInt(8 * bytes.length)) : value;
}
