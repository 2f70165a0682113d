import { gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  codesOf,
  emptyDict,
  fixture,
  fixtureNames,
  global,
  inspectBytes,
  none,
  pickle,
  PROTO4,
  setItem,
  SKLEARN,
  text,
  tuple,
} from './helpers.ts';

describe('files that CPython and joblib wrote', () => {
  test.each(fixtureNames('malicious'))('%s names posix.system', async (name) => {
    const { facts, findings } = await inspectBytes(fixture(`malicious/${name}`));
    expect(findings.map((finding) => finding.code)).toEqual(['MLC3021']);
    expect(facts.globals).toContain('posix.system');
  });
});

const call = pickle(text('true'), 0x85, 'R');

const CASES: Record<string, [Uint8Array, string[]]> = {
  'protocol 0': [pickle("cos\nsystem\n(S'true'\ntR."), ['MLC3021']],
  'protocol 0 with the names of Python 2': [
    pickle("ccommands\ngetoutput\n(S'true'\ntR."),
    ['MLC3021'],
  ],
  'names through the memo': [
    pickle(
      ...PROTO4,
      text('os'),
      0x94,
      '0',
      text('system'),
      0x94,
      '0',
      'h',
      0,
      'h',
      1,
      0x93,
      call,
      '.',
    ),
    ['MLC3021'],
  ],
  'a name that another slot of the memo replaced': [
    pickle(
      ...PROTO4,
      text('math'),
      'q',
      0,
      '0',
      text('os'),
      'q',
      0,
      '0',
      'h',
      0,
      text('system'),
      0x93,
      '.',
    ),
    ['MLC3021'],
  ],
  'a name with escapes': [pickle("S'o\\x73'\n0cos\nsystem\n."), ['MLC3021']],
  'an escaped name for STACK_GLOBAL': [
    pickle(...PROTO4, "S'o\\x73'\n", 'Vs\\u0079stem\n', 0x93, '.'),
    ['MLC3021'],
  ],
  'a name duplicated on the stack': [pickle(...PROTO4, text('os'), '2', 0x93, '.'), ['MLC3021']],
  'an attribute path': [
    pickle(...PROTO4, text('sklearn.pipeline'), text('os.system'), 0x93, call, '.'),
    ['MLC3023', 'MLC3024'].slice(0, 1),
  ],
  'a path as the module': [
    pickle(...PROTO4, text('os.path'), text('join'), 0x93, '.'),
    ['MLC3021'],
  ],
  'a name with a line break': [
    pickle(...PROTO4, text('os\n'), text('system'), 0x93, '.'),
    ['MLC3013'],
  ],
  'a name with a carriage return': [pickle('cos\r\nsystem\n.'), ['MLC3013']],
  'a name that is the result of a call': [
    pickle(...PROTO4, text('builtins'), text('bytes'), 0x93, ')R', text('x'), 0x93, '.'),
    ['MLC3013'],
  ],
  'a name that is too long to be kept': [
    pickle(
      ...PROTO4,
      'X',
      Buffer.from([0, 0, 1, 0]),
      Buffer.alloc(65_536, 97),
      text('x'),
      0x93,
      '.',
    ),
    ['MLC3013'],
  ],
  INST: [pickle("(S'true'\nios\nsystem\n."), ['MLC3021']],
  OBJ: [pickle("(cos\nsystem\nS'true'\no."), ['MLC3021']],
  'a second STOP': [pickle('N..'), ['MLC3011']],
  'a call behind STOP': [pickle('N.', "cos\nsystem\n(S'true'\ntR."), ['MLC3011']],
  'two values at STOP': [pickle('NN.'), ['MLC3013']],
  'an open mark at STOP': [pickle('(N.'), ['MLC3013']],
  'a call popped before STOP': [pickle("cos\nsystem\n(S'true'\ntR0N."), ['MLC3021']],
  'a persistent id': [pickle('N0Pabc\n.'), ['MLC3016']],
  'a binary persistent id': [pickle('NQ.'), ['MLC3016']],
  'an extension code': [pickle(0x80, 2, 0x82, 1, '.'), ['MLC3017']],
  'a buffer outside the file': [pickle(0x80, 5, 0x97, '.'), ['MLC3018']],
  'a read-only buffer': [pickle(0x80, 5, 'N', 0x98, '.'), ['MLC3018']],
  'an unknown opcode': [pickle(0x80, 4, 0xff, '.'), ['MLC3012']],
  'PROTO in the middle': [pickle(0x80, 4, 'N0', 0x80, 2, 'N.'), ['MLC3013']],
  'protocol 6': [pickle(0x80, 6, 'N.'), ['MLC3013']],
  'an opcode newer than the protocol': [pickle(0x80, 2, 0x8c, 1, 'a.'), ['MLC3013']],
  'an empty stack': [pickle(0x80, 4, 'R.'), ['MLC3013']],
  'a memo slot that is not set': [pickle('N0h', 7, '.'), ['MLC3013']],
  'a memo bomb': [pickle('Nr', Buffer.from([0xff, 0xff, 0xff, 0xff]), '.'), ['MLC3013']],
  'a LONG4 of negative length': [
    pickle(0x80, 2, 0x8b, Buffer.from([0, 0, 0, 0x80]), '.'),
    ['MLC3013'],
  ],
  'a string longer than the file': [
    pickle(0x80, 4, 0x8d, Buffer.from([0, 0, 0, 0, 0, 0, 1, 0]), 'x'),
    ['MLC3010'],
  ],
  'a string longer than any memory': [
    pickle(0x80, 4, 0x8d, Buffer.alloc(8, 255), 'x'),
    ['MLC3015'],
  ],
  'a frame in a frame': [
    pickle(0x80, 4, 0x95, 20, Buffer.alloc(7), 0x95, 1, Buffer.alloc(7), 'N.'),
    ['MLC3014'],
  ],
  'an opcode over the end of its frame': [
    pickle(0x80, 4, 0x95, 1, Buffer.alloc(7), 'K', 1, '.'),
    ['MLC3014'],
  ],
  'STOP before the end of its frame': [
    pickle(0x80, 4, 0x95, 3, Buffer.alloc(7), 'N.N'),
    ['MLC3014'],
  ],
  'a string that is not UTF-8': [pickle(0x80, 4, 0x8c, 1, 0xff, '.'), ['MLC3013']],
  'a dict with a key but no value': [pickle('(Nd.'), ['MLC3013']],
  'arguments that are no tuple': [pickle('c__builtin__\nset\n]R.'), ['MLC3013']],
};

describe('assembled by hand', () => {
  test.each(Object.entries(CASES))('%s', async (_, [bytes, codes]) => {
    expect(await codesOf(bytes, { allow: SKLEARN })).toEqual(codes);
  });

  test.each([
    ['zlib', deflateSync],
    ['gzip', gzipSync],
  ] as const)('the same in %s', async (_, compress) => {
    for (const [bytes, codes] of Object.values(CASES)) {
      expect(await codesOf(compress(bytes), { allow: SKLEARN })).toEqual(codes);
    }
  });
});

/** Calls and states that policy refuses although every name is allowed. */
const MISUSE: Record<string, [Uint8Array, string[]]> = {
  'the result of a call is called': [pickle(global('a', 'f'), ')R)R'), ['MLC3024']],
  'an array type is called': [
    pickle(global('numpy', 'memmap'), tuple(text('/etc/passwd')), 'R'),
    ['MLC3024'],
  ],
  'an array type is instantiated': [
    pickle(global('numpy', 'memmap'), tuple(text('/etc/passwd')), 0x81),
    ['MLC3024'],
  ],
  'a codec that is not Latin-1': [
    pickle(global('_codecs', 'encode'), tuple(text('x'), text('rot13')), 'R'),
    ['MLC3024'],
  ],
  'a bytearray of any size': [
    pickle(global('builtins', 'bytearray'), tuple(pickle('J', 0, 0, 0, 64)), 'R'),
    ['MLC3024'],
  ],
  'a random state with a function of its own': [
    pickle(
      global('numpy.random._pickle', '__randomstate_ctor'),
      tuple(text('MT19937'), global('a', 'f')),
      'R',
    ),
    ['MLC3024'],
  ],
  'a wrapper that is called': [
    pickle(global('joblib.numpy_pickle', 'NumpyArrayWrapper'), ')R'),
    ['MLC3024'],
  ],
  'the state of a class': [pickle(global('a', 'f'), emptyDict, 'b'), ['MLC3025']],
  'the state of a list': [pickle(']', emptyDict, 'b'), ['MLC3025']],
  'a special attribute': [
    pickle(global('a', 'f'), ')R', emptyDict, setItem('__class__', global('a', 'g')), 'b'),
    ['MLC3025'],
  ],
  'a special attribute in slots': [
    pickle(
      global('a', 'f'),
      ')R',
      tuple(none, pickle(emptyDict, setItem('__class__', global('a', 'g')))),
      'b',
    ),
    ['MLC3025'],
  ],
};

test.each(Object.entries(MISUSE))('%s', async (_, [body, codes]) => {
  expect(await codesOf(pickle(...PROTO4, body, '.'), { allow: ['a.f', 'a.g'] })).toEqual(codes);
});
