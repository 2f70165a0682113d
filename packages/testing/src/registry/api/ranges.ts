/** A part of a body; `end` is exclusive. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks for (RFC 9110, section 14.1.2): a part; `whole` where there is none or it is not one that
 * we know; `unsatisfiable` where nothing of it is there.
 */
export function partOf(header: string | undefined, size: number): Part | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? 'whole' : suffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start >= size || end <= start ? 'unsatisfiable' : { start, end };
}

function suffix(length: number, size: number): Part | 'unsatisfiable' {
  if (length === 0 || size === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size };
}

/** Content-Range of a chunk (distribution-spec, Pushing a blob in chunks): inclusive on both ends, without a unit. */
export function chunkRange(header: string | undefined): Part | undefined | 'malformed' {
  if (header === undefined) return undefined;
  const match = /^(\d+)-(\d+)$/.exec(header);
  if (match === null) return 'malformed';
  const [, first = '', last = ''] = match;
  const part = { start: Number(first), end: Number(last) + 1 };
  return part.end <= part.start ? 'malformed' : part;
}
