import { CORE_BIT_GENERATORS } from '../policy/core.ts';
import { makeDtype } from './dtype.ts';
import type { Machine } from './machine.ts';
import { fromBuffer, makeArray, makeScalar } from './ndarray.ts';
import { describe, is, LONG_TEXT, object, type GlobalValue, type Value } from './values.ts';

/** What calling a core name with these arguments makes; undefined where no pickler writes such a call. */
export type Rule = (m: Machine, args: readonly Value[], name: string) => Value | undefined;

const isGlobal = (value: Value | undefined): value is GlobalValue => is(value, 'global');

/** A call that is let in where the arguments fit, and is not looked into. */
const when =
  (fits: (args: readonly Value[]) => boolean): Rule =>
  (_, args, name) =>
    fits(args) ? object(name, args) : undefined;

const isInt = (value: Value | undefined) => typeof value === 'bigint';
const isSmall = (value: Value | undefined) => value === null || isInt(value);
const isText = (value: Value | undefined) => typeof value === 'string' || value === LONG_TEXT;

/** `_codecs.encode(text, 'latin1')`: how protocols 0 to 2 write bytes. */
const encode: Rule = (_, args) => {
  const [text, encoding] = args;
  if (args.length !== 2 || !isText(text) || (encoding !== 'latin1' && encoding !== 'latin-1'))
    return undefined;
  if (typeof text !== 'string') return { type: 'bytes', length: undefined, data: undefined };
  // eslint-disable-next-line no-control-regex -- the question is whether it is Latin-1
  if (!/^[\x00-\xff]*$/.test(text)) return undefined;
  return { type: 'bytes', length: text.length, data: Buffer.from(text, 'latin1') };
};

const emptyBytes: Rule = (_, args) =>
  args.length === 0 ? { type: 'bytes', length: 0, data: new Uint8Array(0) } : undefined;

/** `bytearray(b)` since protocol 3, `bytearray(text, 'latin-1')` below, `bytearray()` where it is empty. */
const byteArray: Rule = (m, args) => {
  if (args.length === 0) return emptyBytes(m, args, '');
  if (args.length === 1 && is(args[0], 'bytes')) return args[0];
  return encode(m, args, '');
};

const setOf: Rule = (_, args) => {
  const [items] = args;
  if (args.length === 0) return { type: 'set', items: [], length: 0 };
  if (args.length !== 1 || !is(items, 'list')) return undefined;
  return { type: 'set', items: items.items, length: items.length };
};

const BIT_GENERATOR = 'numpy.random._pickle.__bit_generator_ctor';

const bitGenerator: Rule = (_, args) => {
  const name = typeof args[0] === 'string' ? args[0] : isGlobal(args[0]) ? describe(args[0]) : '';
  return args.length === 1 && CORE_BIT_GENERATORS.has(name) ? object(BIT_GENERATOR, []) : undefined;
};

/** numpy 2 hands over the bit generator itself, numpy 1 its name and the function that makes it, which must be that one. */
const randomState: Rule = (_, args, name) => {
  const [generator, constructor] = args;
  const made = is(generator, 'object') && generator.name === BIT_GENERATOR;
  const named = typeof generator === 'string' && CORE_BIT_GENERATORS.has(generator);
  if (args.length === 1) return made || named ? object(name, []) : undefined;
  return args.length === 2 && named && isGlobal(constructor) && constructor.name === BIT_GENERATOR
    ? object(name, [])
    : undefined;
};

/** How each core name may be called, but those that instantiate, which stand in `call.ts`. */
export const RECONSTRUCTORS: Readonly<Record<string, Rule | undefined>> = Object.assign(
  Object.create(null) as Record<string, Rule>,
  {
    '_codecs.encode': encode,
    'builtins.bytearray': byteArray,
    'builtins.bytes': emptyBytes,
    'builtins.complex': when((args) => args.length === 2 && args.every((a) => is(a, 'float'))),
    'builtins.frozenset': setOf,
    'builtins.object': when((args) => args.length === 0),
    'builtins.range': when((args) => args.length === 3 && args.every(isInt)),
    'builtins.set': setOf,
    'builtins.slice': when((args) => args.length === 3 && args.every(isSmall)),
    'collections.Counter': when(
      (args) => args.length === 0 || (args.length === 1 && is(args[0], 'dict')),
    ),
    'collections.OrderedDict': when(
      (args) => args.length === 0 || (args.length === 1 && is(args[0], 'list')),
    ),
    'collections.defaultdict': when(
      (args) => args.length === 1 && (args[0] === null || isGlobal(args[0])),
    ),
    'collections.deque': when((args) => args.length <= 2),
    'joblib.numpy_pickle.NumpyArrayWrapper': () => undefined,
    'numpy._core.multiarray._reconstruct': makeArray,
    'numpy._core.multiarray.scalar': makeScalar,
    'numpy._core.numeric._frombuffer': fromBuffer,
    'numpy.core.multiarray._reconstruct': makeArray,
    'numpy.core.multiarray.scalar': makeScalar,
    'numpy.core.numeric._frombuffer': fromBuffer,
    'numpy.dtype': makeDtype,
    [BIT_GENERATOR]: bitGenerator,
    'numpy.random._pickle.__generator_ctor': randomState,
    'numpy.random._pickle.__randomstate_ctor': randomState,
  } satisfies Record<string, Rule>,
);
