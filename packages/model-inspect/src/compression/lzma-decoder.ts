import type { Window } from '../bytes/window.ts';

// Where each group of probabilities begins in one array (LZMA specification, LzmaSpec.cpp).
const IS_MATCH = 0;
const IS_REP = 192;
const IS_REP_G0 = 204;
const IS_REP_G1 = 216;
const IS_REP_G2 = 228;
const IS_REP0_LONG = 240;
const POS_SLOT = 432;
const POS_SPECIAL = 688;
const ALIGN = 803;
const LENGTH = 819;
const REP_LENGTH = 1333;
const LITERAL = 1847;

const FIRST_DICTIONARY = 1 << 20;
const SIGN = 0x80000000 | 0;

/** The state of one LZMA stream or LZMA2 sequence of chunks. */
export interface LzmaState {
  readonly raw: Window;
  /** Unsigned 32-bit values kept as signed, which V8 holds without boxing. */
  range: number;
  code: number;
  probs: Uint16Array;
  dictionary: Uint8Array;
  readonly dictionarySize: number;
  position: number;
  /** Bytes made since the dictionary was reset. */
  total: number;
  state: number;
  rep0: number;
  rep1: number;
  rep2: number;
  rep3: number;
  lc: number;
  lp: number;
  pb: number;
  /** Bytes read past the end of the window. */
  overrun: number;
}

/** A decoder whose properties are still to be set. `dictionarySize` in bytes is the most that is ever held. */
export function createLzma(raw: Window, dictionarySize: number): LzmaState {
  return {
    raw,
    range: -1,
    code: 0,
    probs: new Uint16Array(0),
    dictionary: new Uint8Array(Math.min(dictionarySize, FIRST_DICTIONARY)),
    dictionarySize,
    position: 0,
    total: 0,
    state: 0,
    rep0: 0,
    rep1: 0,
    rep2: 0,
    rep3: 0,
    lc: 0,
    lp: 0,
    pb: 0,
    overrun: 0,
  };
}

/** Sets lc, lp and pb from their byte; false when it is out of range. */
export function setProperties(s: LzmaState, properties: number): boolean {
  if (properties >= 225) return false;
  s.lc = properties % 9;
  s.lp = Math.floor(properties / 9) % 5;
  s.pb = Math.floor(properties / 45);
  return true;
}

/** Forgets the statistics, not the dictionary. */
export function resetState(s: LzmaState): void {
  const size = LITERAL + (0x300 << (s.lc + s.lp));
  if (s.probs.length !== size) s.probs = new Uint16Array(size);
  s.probs.fill(1024);
  s.state = s.rep0 = s.rep1 = s.rep2 = s.rep3 = 0;
}

export function resetDictionary(s: LzmaState): void {
  s.total = 0;
  s.position = 0;
}

/** Starts the range coder on its five bytes; false when the first is not 0. */
export function startRange(s: LzmaState): boolean {
  const first = nextByte(s);
  s.range = -1;
  s.code = 0;
  for (let i = 0; i < 4; i++) s.code = (s.code << 8) | nextByte(s);
  return first === 0;
}

function nextByte(s: LzmaState): number {
  const { raw } = s;
  if (raw.pos < raw.end) return raw.buffer[raw.pos++]!;
  s.overrun++;
  return 0;
}

function normalise(s: LzmaState): void {
  if ((s.range & 0xff000000) === 0) {
    s.range <<= 8;
    s.code = (s.code << 8) | nextByte(s);
  }
}

function bit(s: LzmaState, index: number): 0 | 1 {
  const p = s.probs[index]!;
  const bound = Math.imul(s.range >>> 11, p);
  if ((s.code ^ SIGN) < (bound ^ SIGN)) {
    s.range = bound;
    s.probs[index] = p + ((2048 - p) >>> 5);
    normalise(s);
    return 0;
  }
  s.range = (s.range - bound) | 0;
  s.code = (s.code - bound) | 0;
  s.probs[index] = p - (p >>> 5);
  normalise(s);
  return 1;
}

function direct(s: LzmaState, count: number): number {
  let result = 0;
  for (let i = 0; i < count; i++) {
    s.range >>>= 1;
    const over = (s.code ^ SIGN) >= (s.range ^ SIGN);
    if (over) s.code = (s.code - s.range) | 0;
    s.range |= 0;
    normalise(s);
    result = (result << 1) | (over ? 1 : 0);
  }
  return result;
}

function tree(s: LzmaState, base: number, count: number): number {
  let m = 1;
  for (let i = 0; i < count; i++) m = (m << 1) | bit(s, base + m);
  return m - (1 << count);
}

function reverseTree(s: LzmaState, base: number, count: number): number {
  let m = 1;
  let symbol = 0;
  for (let i = 0; i < count; i++) {
    const b = bit(s, base + m);
    m = (m << 1) | b;
    symbol |= b << i;
  }
  return symbol;
}

function matchLength(s: LzmaState, base: number, posState: number): number {
  if (bit(s, base) === 0) return 2 + tree(s, base + 2 + (posState << 3), 3);
  if (bit(s, base + 1) === 0) return 10 + tree(s, base + 130 + (posState << 3), 3);
  return 18 + tree(s, base + 258, 8);
}

function matchDistance(s: LzmaState, length: number): number {
  const slot = tree(s, POS_SLOT + (Math.min(length - 2, 3) << 6), 6);
  if (slot < 4) return slot;
  const directBits = (slot >> 1) - 1;
  const distance = (2 | (slot & 1)) << directBits;
  if (slot < 14) return distance + reverseTree(s, POS_SPECIAL + distance - slot, directBits);
  return (distance + (direct(s, directBits - 4) << 4) + reverseTree(s, ALIGN, 4)) | 0;
}

function byteAt(s: LzmaState, distance: number): number {
  const at = s.position - distance;
  return s.dictionary[at >= 0 ? at : at + s.dictionary.length]!;
}

/** Appends one byte to the dictionary, which grows until it has its full size and then goes round. */
export function put(s: LzmaState, value: number): void {
  if (s.position === s.dictionary.length) makeRoom(s);
  s.dictionary[s.position++] = value;
  s.total++;
}

function makeRoom(s: LzmaState): void {
  if (s.dictionary.length === s.dictionarySize) {
    s.position = 0;
    return;
  }
  const grown = new Uint8Array(Math.min(s.dictionary.length * 2, s.dictionarySize));
  grown.set(s.dictionary);
  s.dictionary = grown;
}

function literal(s: LzmaState): void {
  const previous = s.total === 0 ? 0 : byteAt(s, 1);
  const context = ((s.total & ((1 << s.lp) - 1)) << s.lc) + (previous >> (8 - s.lc));
  const base = LITERAL + 0x300 * context;
  let symbol = 1;
  if (s.state >= 7) {
    let match = byteAt(s, s.rep0 + 1);
    while (symbol < 0x100) {
      const expected = (match >> 7) & 1;
      match <<= 1;
      const b = bit(s, base + ((1 + expected) << 8) + symbol);
      symbol = (symbol << 1) | b;
      if (b !== expected) break;
    }
  }
  while (symbol < 0x100) symbol = (symbol << 1) | bit(s, base + symbol);
  put(s, symbol & 0xff);
  s.state = s.state < 4 ? 0 : s.state < 10 ? s.state - 3 : s.state - 6;
}

/** The length of a repeated match, or 1 for a short repetition. */
function repeated(s: LzmaState, posState: number): number {
  if (bit(s, IS_REP_G0 + s.state) === 0) {
    if (bit(s, IS_REP0_LONG + (s.state << 4) + posState) === 0) {
      s.state = s.state < 7 ? 9 : 11;
      return 1;
    }
  } else {
    let distance = s.rep1;
    if (bit(s, IS_REP_G1 + s.state) === 1) {
      if (bit(s, IS_REP_G2 + s.state) === 0) distance = s.rep2;
      else {
        distance = s.rep3;
        s.rep3 = s.rep2;
      }
      s.rep2 = s.rep1;
    }
    s.rep1 = s.rep0;
    s.rep0 = distance;
  }
  s.state = s.state < 7 ? 8 : 11;
  return matchLength(s, REP_LENGTH, posState);
}

/**
 * Decodes literals and matches until `limit` bytes (since the dictionary's reset) are made, `stopAt` of the window is
 * passed, or the end marker comes. A match may go over the limit; the caller checks.
 */
export function decodeLzma(
  s: LzmaState,
  limit: number,
  stopAt: number,
): 'more' | 'end-marker' | 'damaged' {
  while (s.total < limit && s.raw.pos < stopAt) {
    const posState = s.total & ((1 << s.pb) - 1);
    if (bit(s, IS_MATCH + (s.state << 4) + posState) === 0) {
      literal(s);
      continue;
    }
    let length: number;
    if (bit(s, IS_REP + s.state) === 1) length = repeated(s, posState);
    else {
      s.rep3 = s.rep2;
      s.rep2 = s.rep1;
      s.rep1 = s.rep0;
      length = matchLength(s, LENGTH, posState);
      s.rep0 = matchDistance(s, length);
      s.state = s.state < 7 ? 7 : 10;
      if (s.rep0 === -1) return 'end-marker';
    }
    if (s.rep0 < 0 || s.rep0 >= Math.min(s.total, s.dictionarySize)) return 'damaged';
    for (let i = 0; i < length; i++) put(s, byteAt(s, s.rep0 + 1));
  }
  return 'more';
}
