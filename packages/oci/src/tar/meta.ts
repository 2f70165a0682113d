import { HeaderFault, type RawHeader } from './header.ts';
import { parsePax, type PaxRecords } from './pax.ts';

/** What meta entries said so far about the entry to come. */
export interface Meta {
  readonly longName?: Uint8Array;
  readonly longLink?: Uint8Array;
  readonly pax?: PaxRecords;
}

/** Type flags of entries that describe the next entry (x, L, K) or all further ones (g). */
export const META_FLAGS = 'xgLK';

/**
 * Adds a meta entry's body to what is known. Throws a HeaderFault where two of them speak about the same thing,
 * and where a PAX header is followed by another meta entry: readers disagree about what it then describes.
 */
export function addMeta(meta: Meta, header: RawHeader, body: Uint8Array): Meta {
  if (meta.pax !== undefined) throw new HeaderFault('PAX header before another meta entry');
  if (header.flag === 'g') return checkGlobal(meta, body);
  if (header.flag === 'x') {
    if (meta.longName !== undefined || meta.longLink !== undefined) {
      throw new HeaderFault('PAX header after a GNU long name');
    }
    return { pax: parsePax(body) };
  }
  const key = header.flag === 'L' ? 'longName' : 'longLink';
  if (meta[key] !== undefined) throw new HeaderFault('GNU long name twice');
  return { ...meta, [key]: longText(body) };
}

/** A global header may carry comments and owners, never what decides where an entry begins or how it is called. */
function checkGlobal(meta: Meta, body: Uint8Array): Meta {
  const { path, linkPath, size, unsupported } = parsePax(body);
  const harmless = [path, linkPath, size, unsupported].every((value) => value === undefined);
  if (!harmless) throw new HeaderFault('global PAX header that renames or resizes');
  return meta;
}

function longText(body: Uint8Array): Uint8Array {
  const end = body.indexOf(0);
  const text = end < 0 ? body : body.subarray(0, end);
  if (text.length === 0) throw new HeaderFault('empty GNU long name');
  if (body.subarray(text.length).some((byte) => byte !== 0)) {
    throw new HeaderFault('bytes after NUL in a GNU long name');
  }
  // A copy: the reader's buffer goes on to the next block.
  return text.slice();
}

/** Whether a meta entry waits for the entry that it describes. */
export function isPending(meta: Meta): boolean {
  return meta.longName !== undefined || meta.longLink !== undefined || meta.pax !== undefined;
}
