import { describe, expect, test } from 'vitest';
import {
  codesOf,
  emptyDict,
  global,
  none,
  pickle,
  PROTO4,
  setItem,
  text,
  tuple,
} from './helpers.ts';

const systemCall = pickle(text('os'), text('system'), 0x93, text('true'), 0x85, 'R');

describe('data types and arrays', () => {
  const state = (flags: number, size = -1, fields = none, names = none) =>
    tuple(
      pickle('K', 3),
      text('|'),
      none,
      names,
      fields,
      int(size),
      int(size === -1 ? -1 : 1),
      pickle('K', flags),
    );
  const int = (value: number) => {
    const bytes = Buffer.alloc(5, 'J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  };
  const dtype = (code: string, built = state(0)) =>
    pickle(
      global('numpy', 'dtype'),
      tuple(text(code), pickle(0x89), pickle(0x88)),
      'R',
      built,
      'b',
    );
  const field = (type: Uint8Array, offset: number) =>
    pickle(emptyDict, setItem('a', tuple(type, int(offset))));
  const names = tuple(text('a'));
  const array = (type: Uint8Array, count: number, data: Uint8Array) =>
    pickle(
      global('numpy._core.multiarray', '_reconstruct'),
      tuple(global('numpy', 'ndarray'), tuple(int(0)), pickle('C', 1, 'b')),
      'R',
      tuple(int(1), tuple(int(count)), type, pickle(0x89), data),
      'b',
    );
  const bytes = (count: number) => pickle('B', int(count).subarray(1), Buffer.alloc(count));

  const good: Record<string, Uint8Array> = {
    'plain numbers': dtype('f8'),
    void: dtype('V8', state(0, 8)),
    'a record': dtype('V8', state(16, 8, field(dtype('f8'), 0), names)),
    'a record with objects': dtype('V8', state(27, 8, field(dtype('O8', state(63)), 0), names)),
    'an array': array(dtype('f8'), 3, bytes(24)),
    'an object array': array(dtype('O8', state(63)), 1, pickle(']Na')),
  };
  test.each(Object.entries(good))('%s pass', async (_, body) => {
    expect(await codesOf(pickle(...PROTO4, body, '.'))).toEqual([]);
  });

  const bad: Record<string, [Uint8Array, string]> = {
    'raw bytes that claim to hold objects': [dtype('V8', state(1, 8)), 'MLC3041'],
    'raw bytes that claim to be pointers': [dtype('V8', state(4, 8)), 'MLC3041'],
    'objects that claim to be raw bytes': [dtype('O8', state(0)), 'MLC3041'],
    'a field outside its element': [
      dtype('V8', state(16, 8, field(dtype('f8'), 4), names)),
      'MLC3041',
    ],
    'objects without initialised memory': [dtype('O8', state(0x97)), 'MLC3041'],
    'a number over a reference': [
      dtype(
        'V8',
        state(
          27,
          8,
          pickle(field(dtype('O8', state(63)), 0), setItem('b', tuple(dtype('i8'), int(0)))),
          tuple(text('a'), text('b')),
        ),
      ),
      'MLC3041',
    ],
    'a date without its unit': [dtype('m8'), 'MLC3041'],
    'an unknown type': [dtype('f7'), 'MLC3041'],
    'a type that is called with something else': [
      pickle(global('numpy', 'dtype'), tuple(text('f8')), 'R'),
      'MLC3024',
    ],
    'a shared type that is changed': [
      pickle(global('numpy', 'dtype'), tuple(text('f8'), pickle(0x89), pickle(0x89)), 'R'),
      'MLC3024',
    ],
    'a state that is set twice': [pickle(dtype('f8'), state(0), 'b'), 'MLC3041'],
    'too few bytes': [array(dtype('f8'), 3, bytes(16)), 'MLC3041'],
    'objects given as bytes': [array(dtype('O8', state(63)), 1, bytes(8)), 'MLC3041'],
    'more elements than memory': [array(dtype('f8'), 0x7fffffff, bytes(8)), 'MLC3041'],
  };
  test.each(Object.entries(bad))('%s', async (_, [body, code]) => {
    expect(await codesOf(pickle(...PROTO4, body, '.'))).toEqual([code]);
  });

  const wrapper = (type: Uint8Array, count: number, after: Uint8Array, extra = pickle()) =>
    pickle(
      global('joblib.numpy_pickle', 'NumpyArrayWrapper'),
      ')',
      0x81,
      emptyDict,
      setItem('subclass', global('numpy', 'ndarray')),
      setItem('shape', tuple(int(count))),
      setItem('order', text('C')),
      setItem('dtype', type),
      setItem('allow_mmap', pickle(0x88)),
      extra,
      'b',
      after,
    );
  const aligned = setItem('numpy_array_alignment_bytes', int(16));
  const wrapped = async (body: Uint8Array) => codesOf(pickle(...PROTO4, body, '.'));

  test('bytes of a wrapped array are passed over, and only they', async () => {
    expect(await wrapped(wrapper(dtype('f8'), 2, Buffer.alloc(16, 'R')))).toEqual([]);
    expect(await wrapped(wrapper(dtype('f8'), 2, Buffer.alloc(15, 'N')))).toEqual(['MLC3010']);
    expect(await wrapped(wrapper(dtype('f8'), 2, Buffer.alloc(17, 'N')))).toEqual(['MLC3013']);
    expect(
      await wrapped(
        wrapper(dtype('f8'), 1, pickle(3, Buffer.alloc(3, 255), Buffer.alloc(8)), aligned),
      ),
    ).toEqual([]);
  });

  test('padding holds nothing', async () => {
    expect(
      await wrapped(wrapper(dtype('f8'), 1, pickle(3, 'cos', Buffer.alloc(8)), aligned)),
    ).toEqual(['MLC3041']);
    expect(
      await wrapped(
        wrapper(dtype('f8'), 1, pickle(99, Buffer.alloc(99, 255), Buffer.alloc(8)), aligned),
      ),
    ).toEqual(['MLC3041']);
  });

  test('an object array is a pickle of its own, in which no wrapper stands', async () => {
    const objects = dtype('O8', state(63));
    const inner = (body: Uint8Array) => pickle(...PROTO4, body, '.');
    expect(await wrapped(wrapper(objects, 1, inner(array(objects, 1, pickle(']Na')))))).toEqual([]);
    expect(await wrapped(wrapper(objects, 1, inner(systemCall)))).toEqual(['MLC3021', 'MLC3041']);
    expect(await wrapped(wrapper(objects, 1, inner(wrapper(dtype('f8'), 1, bytes(8)))))).toEqual([
      'MLC3013',
    ]);
    expect(await wrapped(wrapper(objects, 1, inner(none)))).toEqual(['MLC3041']);
  });

  test('array bytes within a frame would be read elsewhere by joblib', async () => {
    const body = wrapper(dtype('f8'), 1, Buffer.alloc(8));
    const frame = (length: number) =>
      pickle(0x95, Buffer.from([length & 255, length >> 8, 0, 0, 0, 0, 0, 0]));
    expect(await wrapped(pickle(frame(body.length - 8), body))).toEqual([]);
    expect(await wrapped(pickle(frame(body.length), body))).toEqual(['MLC3014']);
  });

  test('arrays in other files are refused', async () => {
    const old = pickle(global('joblib.numpy_pickle', 'NDArrayWrapper'), ')', 0x81, emptyDict, 'b');
    expect(await wrapped(old)).toEqual(['MLC3020', 'MLC3040']);
    expect(await codesOf(pickle('ZF0x10', Buffer.alloc(20)))).toEqual(['MLC3040']);
  });
});
