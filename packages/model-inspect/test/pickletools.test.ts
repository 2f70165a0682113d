import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWindow } from '../src/bytes/window.ts';
import type { Inspection } from '../src/pickle/machine.ts';
import { DEFAULT_LIMITS } from '../src/pickle/limits.ts';
import { decodeQuoted, decodeRawUnicode } from '../src/pickle/text.ts';
import { is, type Value } from '../src/pickle/values.ts';
import { demandEnd, walkPickle } from '../src/pickle/walk.ts';
import { createPolicy } from '../src/policy/policy.ts';
import { python } from './helpers.ts';

/** Random values, their pickles in every protocol by both picklers, and what pickletools and the values say. */
const GENERATE = `
import base64, collections, decimal, datetime, io, json, pickle, pickletools, random, sys
rnd = random.Random(json.load(sys.stdin))

def text():
    kinds = ["ascii", "a\\\\b\\n\\r\\t'\\"\\x00\\x1a", "größe", "\\u4e2d\\u6587", "\\U0001f600", "\\ud800", "", "x" * 300]
    return rnd.choice(kinds) + "".join(chr(rnd.randrange(1, 0x300)) for _ in range(rnd.randrange(6)))

def number():
    return rnd.choice([0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63, -2**64,
                       2**2040, rnd.getrandbits(rnd.randrange(1, 2200)), -rnd.getrandbits(70)])

def real():
    return rnd.choice([0.0, -0.0, 1.5, 1e300, -1e-300, 1e22, 5e-324, float("inf"), float("-inf"), rnd.random(), rnd.gauss(0, 1e9)])

def scalar():
    return rnd.choice([lambda: None, lambda: rnd.random() < 0.5, number, real, text,
                       lambda: rnd.randbytes(rnd.choice([0, 1, 200, 300])), lambda: bytearray(rnd.randbytes(rnd.randrange(9)))])()

def key():
    return rnd.choice([text, number, lambda: (text(), number()), lambda: None, lambda: frozenset([number()])])()

def value(depth, pool):
    if pool and rnd.random() < 0.15:
        return rnd.choice(pool)
    if depth == 0 or rnd.random() < 0.3:
        return scalar()
    many = lambda: [value(depth - 1, pool) for _ in range(rnd.choice([0, 1, 2, 3, 4, 7]))]
    made = rnd.choice([
        many, lambda: tuple(many()), lambda: {key(): value(depth - 1, pool) for _ in range(rnd.randrange(5))},
        lambda: {scalar_key() for _ in range(rnd.randrange(4))}, lambda: frozenset(scalar_key() for _ in range(3)),
        lambda: collections.OrderedDict((text(), value(depth - 1, pool)) for _ in range(2)),
        lambda: collections.deque(many()), lambda: collections.Counter([text(), text()]), lambda: complex(real(), 1.5),
        lambda: range(number() % 1000), lambda: slice(1, None), lambda: datetime.date(2020, 1, 2), lambda: decimal.Decimal("1.5"),
        lambda: [0] * 1001, lambda: recursive(), lambda: bytes(70000), lambda: "y" * 70000, lambda: collections.defaultdict(list),
    ])()
    pool.append(made)
    return made

def scalar_key():
    return rnd.choice([text, number, lambda: (1, text())])()

def recursive():
    r = [1]; r.append(r); r.append({"self": r})
    return r

def plain(v, depth=0):
    """A value as JSON with its types, where it holds only what the walker keeps."""
    if v is None or isinstance(v, bool): return v
    if isinstance(v, int): return {"int": str(v)}
    if isinstance(v, float): return {"float": v.hex()}
    if isinstance(v, str):
        return {"str": [63 if 0xd800 <= ord(c) < 0xe000 else ord(c) for c in v]} if len(v) < 10000 else {"long": True}
    if isinstance(v, (list, tuple)) and depth < 12: return {type(v).__name__: [plain(x, depth + 1) for x in v]}
    return {"other": True}

def picklings(v):
    for protocol in range(6):
        yield pickle.dumps(v, protocol)
        buffer = io.BytesIO(); pickle._Pickler(buffer, protocol).dump(v); yield buffer.getvalue()
        yield pickletools.optimize(pickle.dumps(v, protocol))
    if not has_recursion(v):
        buffer = io.BytesIO(); p = pickle.Pickler(buffer, 2); p.fast = True; p.dump(v); yield buffer.getvalue()

def has_recursion(v):
    try: return len(repr(v)) > 20000 or "..." in repr(v)
    except RecursionError: return True

out = []
for _ in range(12):
    v = value(4, [])
    for data in picklings(v):
        out.append({"data": base64.b64encode(data).decode(), "ops": [[pos, op.name] for op, _, pos in pickletools.genops(data)],
                    "plain": plain(v)})
json.dump(out, sys.stdout)
`;

interface Sample {
  readonly data: string;
  readonly ops: [number, string][];
  readonly plain: unknown;
}

async function walk(bytes: Uint8Array): Promise<{ ops: [number, string][]; value: Value }> {
  const ops: [number, string][] = [];
  const inspection: Inspection = {
    file: 'sample',
    policy: createPolicy('sample', []),
    limits: { ...DEFAULT_LIMITS, string: 10_000 },
    globals: new Map(),
    findings: [],
    stamps: new Map(),
    trace: (offset, opcode) => ops.push([offset, opcode]),
    used: { nodes: 0, text: 0, arrays: 0 },
    arrays: 0,
    protocol: 0,
  };
  const pieces = [bytes.subarray(0, 40_000), bytes.subarray(40_000)].filter(
    (piece) => piece.length > 0,
  );
  const window = createWindow(() => Promise.resolve(pieces.shift()));
  const value = await walkPickle(inspection, window, true);
  await demandEnd(inspection, window);
  return { ops, value };
}

/** Lone surrogates stand for themselves nowhere that matters: the walker may keep a question mark instead. */
const withoutSurrogate = (code: number) => (code >= 0xd800 && code < 0xe000 ? 63 : code);

/** A symbol in the form that `plain` of the Python program gives. */
function plain(value: Value, depth = 0): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'string')
    return { str: [...value].map((c) => c.codePointAt(0)!).map(withoutSurrogate) };
  if (is(value, 'float')) return { float: value.value };
  if (is(value, 'text')) return { long: true };
  if ((is(value, 'list') || is(value, 'tuple')) && depth < 12) {
    return { [value.type]: value.items.map((item) => plain(item, depth + 1)) };
  }
  return { other: true };
}

/** Python's hex form of a float as the float. */
function fromHex(key: string, value: unknown): unknown {
  if (key !== 'float') return value;
  const match = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(String(value));
  if (match === null) return Number(String(value).replace('inf', 'Infinity'));
  const [, sign, whole, fraction, exponent] = match;
  const digits = BigInt(`0x${whole}${fraction}`);
  const shift = Number(exponent) - 4 * fraction!.length;
  const size =
    shift < -1000 ? Number(digits) * 2 ** -500 * 2 ** (shift + 500) : Number(digits) * 2 ** shift;
  return sign === '-' ? -size : size;
}

describe('against CPython', () => {
  test('opcodes, their positions and the values are those of pickletools', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        for (const sample of python<Sample[]>(GENERATE, seed)) {
          const walked = await walk(Buffer.from(sample.data, 'base64'));
          // As text, since comparing long arrays element by element takes vitest long.
          expect(JSON.stringify(walked.ops)).toBe(JSON.stringify(sample.ops));
          expect(JSON.stringify(plain(walked.value))).toBe(JSON.stringify(sample.plain, fromHex));
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  }, 120_000);

  test('the texts of protocol 0 are decoded as by codecs', () => {
    const lines = fc.sample(
      fc.array(fc.constantFrom('\\', 'u', 'U', '0', '4', '1', 'x', 'n', "'", '"', 'é', '7'), {
        maxLength: 14,
      }),
      3000,
    );
    const texts = lines.map((line) => line.join(''));
    const decoded = python<[number[] | null, number[] | null][]>(
      `
import codecs, json, sys, warnings
warnings.simplefilter("ignore")
def points(f):
    try: return [ord(c) for c in f()]
    except Exception: return None
out = []
for t in json.load(sys.stdin):
    b = t.encode("latin-1")
    out.append([points(lambda: b.decode("raw-unicode-escape")), points(lambda: codecs.escape_decode(b)[0].decode("latin-1"))])
json.dump(out, sys.stdout)`,
      texts,
    );
    texts.forEach((text, i) => {
      const points = (value: string | undefined) =>
        value === undefined ? null : [...value].map((c) => c.codePointAt(0));
      expect(points(decodeRawUnicode(text)), text).toEqual(decoded[i]![0]);
      const quoted = points(decodeQuoted(`'${text}'`));
      // Stricter than CPython, which lets unknown escapes stand: whatever is decoded is decoded alike.
      if (quoted !== null) expect(quoted, text).toEqual(decoded[i]![1]);
    });
  });
});
