/**
 * Names that rebuild data and that every framework's pickles share. They may be called, but only with the arguments
 * that picklers write: `pickle/reconstruct.ts` holds the rule of each.
 */
export const CORE_CALLS: ReadonlySet<string> = new Set([
  '_codecs.encode',
  'builtins.bytearray',
  'builtins.bytes',
  'builtins.complex',
  'builtins.frozenset',
  'builtins.object',
  'builtins.range',
  'builtins.set',
  'builtins.slice',
  'collections.Counter',
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.deque',
  'copyreg.__newobj__',
  'copyreg.__newobj_ex__',
  'copyreg._reconstructor',
  'joblib.numpy_pickle.NumpyArrayWrapper',
  'numpy._core.multiarray._reconstruct',
  'numpy._core.multiarray.scalar',
  'numpy._core.numeric._frombuffer',
  'numpy.core.multiarray._reconstruct',
  'numpy.core.multiarray.scalar',
  'numpy.core.numeric._frombuffer',
  'numpy.dtype',
  'numpy.random._pickle.__bit_generator_ctor',
  'numpy.random._pickle.__generator_ctor',
  'numpy.random._pickle.__randomstate_ctor',
]);

const NUMPY_TYPES = [
  'bool',
  'bool_',
  'bytes_',
  'complex128',
  'complex64',
  'datetime64',
  'float16',
  'float32',
  'float64',
  'float_',
  'int16',
  'int32',
  'int64',
  'int8',
  'int_',
  'intc',
  'intp',
  'longdouble',
  'longlong',
  'object_',
  'record',
  'str_',
  'timedelta64',
  'uint16',
  'uint32',
  'uint64',
  'uint8',
  'uintc',
  'uintp',
  'ulonglong',
  'void',
];
const BIT_GENERATORS = [
  'numpy.random._mt19937.MT19937',
  'numpy.random._pcg64.PCG64',
  'numpy.random._pcg64.PCG64DXSM',
  'numpy.random._philox.Philox',
  'numpy.random._sfc64.SFC64',
];

/** Names that may stand for themselves, as a parameter or an element type, but may not be called. */
export const CORE_REFERENCES: ReadonlySet<string> = new Set([
  ...['bool', 'dict', 'float', 'int', 'list', 'str', 'tuple'].map((name) => `builtins.${name}`),
  ...NUMPY_TYPES.map((name) => `numpy.${name}`),
  'numpy.matrix',
  'numpy.memmap',
  'numpy.ndarray',
  ...BIT_GENERATORS,
]);

/** What `__bit_generator_ctor` may be given. */
export const CORE_BIT_GENERATORS: ReadonlySet<string> = new Set([
  ...BIT_GENERATORS,
  ...BIT_GENERATORS.map((name) => name.slice(name.lastIndexOf('.') + 1)),
]);
