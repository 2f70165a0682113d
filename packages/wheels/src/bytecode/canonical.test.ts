import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { canonicalMarshal, createCanonicalizer, MarshalError } from './canonical.ts';

/** Compiles sources in a process with a history of its own, and gives marshal data. */
const COMPILE = `
import base64, json, marshal, sys
sources = json.load(sys.stdin)
for name in sys.argv[2:]:
    __import__(name)
keep = []
order = list(range(len(sources)))
if sys.argv[1] == 'reverse':
    order.reverse()
done = {}
for at in order:
    code = compile(sources[at], '/image/m%d.py' % at, 'exec', dont_inherit=True, optimize=0)
    if sys.argv[1] == 'hold':
        keep.append((code.co_consts, code.co_names, sys.intern('.'), sys.intern('-'), sys.intern(' ')))
    done[at] = base64.b64encode(marshal.dumps(code)).decode()
print(json.dumps([done[at] for at in range(len(sources))]))
`;

const CHECK = `
import base64, json, marshal, sys
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, type(compile('', '', 'exec'))):
        return all(same(getattr(a, n), getattr(b, n)) for n in dir(a) if n.startswith('co_') and not callable(getattr(a, n)))
    if isinstance(a, tuple): return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float): return repr(a) == repr(b)
    return a == b
print(json.dumps([same(*(marshal.loads(base64.b64decode(x)) for x in pair)) for pair in json.load(sys.stdin)]))
`;

const MINOR = `import json, sys; print(json.dumps(sys.version_info[1]))`;

const STDLIB = `
import json, pathlib, random, sysconfig
folder = pathlib.Path(sysconfig.get_paths()['stdlib'])
paths = sorted(p for p in folder.glob('*.py')) + sorted(p for p in folder.glob('[a-j]*/*.py') if 'test' not in p.parts and 'lib2to3' not in str(p))
out = []
for p in paths[::3]:
    try:
        text = p.read_text('utf-8'); compile(text, 'x', 'exec'); out.append(text)
    except Exception:
        pass
print(json.dumps(out))
`;

const own = [
  'x in {"a", "b", None, 1.5, (1, "a"), "long-string", b"bytes"}',
  'y = {"-", ".", " ", "é", ""}; z = "-"; w = "."; v = "é"; u = ""',
  'def f(a, *, b=(1, 2, (3, 4))):\n    """doc"""\n    return a in {(1, 2), (1, 2, 3), "doc"}\n',
  'big = 123456789012345678901234567890; neg = -5000000000; c = 3j; e = ...; t = 1e300\n',
  's = "\\ud800"; l = "x" * 3; m = "\\U0001f600 wide"; n = "é" + "é"\n',
  'class A:\n    def m(self):\n        return lambda: [i for i in self.x if i in {"m", "x", frozenset()}]\n',
  'def g():\n    return ({"same-const"}, {"same-const"}, x in {"same-const", "same-const-2"}, y in {"same-const-2", "same-const"})\n',
];

describe('canonicalMarshal', () => {
  it('gives the same bytes whatever the process did before, and an equal code object', () => {
    const minor = python<number>(MINOR);
    const sources = [...own, ...python<string[]>(STDLIB)];
    expect(sources.length).toBeGreaterThan(60);
    const compile = (args: string[], seed: string) =>
      python<string[]>(COMPILE, sources, args, { PYTHONHASHSEED: seed }).map((text) =>
        Buffer.from(text, 'base64'),
      );
    const plain = compile(['plain'], '0');
    const others = [
      compile(['reverse'], '0'),
      compile(['hold', 'asyncio', 'unittest', 'email.message', 'http.client'], '0'),
      compile(['plain', 'decimal', 'typing'], '42'),
    ];
    const canonical = plain.map((data) => canonicalMarshal(data, minor));
    expect(
      others.some((other) => other.some((data, at) => !data.equals(plain[at] ?? Buffer.alloc(0)))),
    ).toBe(true);
    for (const other of others) {
      const differing = other.flatMap((data, at) =>
        canonicalMarshal(data, minor).equals(canonical[at] ?? Buffer.alloc(0)) ? [] : [at],
      );
      expect(differing).toEqual([]);
    }
    for (const [at, data] of canonical.entries()) {
      expect(data.length).toBeLessThanOrEqual(plain[at]?.length ?? 0);
      expect(canonicalMarshal(data, minor).equals(data)).toBe(true);
    }
    const pairs = canonical.map((data, at) => [
      data.toString('base64'),
      plain[at]?.toString('base64'),
    ]);
    expect(python<boolean[]>(CHECK, pairs).every(Boolean)).toBe(true);
  });

  it('gives an error of its own or a result on damaged data', () => {
    const minor = python<number>(MINOR);
    const data = python<string[]>(COMPILE, own, ['plain'], { PYTHONHASHSEED: '0' }).map((text) =>
      Buffer.from(text, 'base64'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...data), fc.nat(), fc.nat(255), (whole, at, value) => {
        const copy = Buffer.from(whole);
        copy[at % copy.length] = value;
        try {
          expect(canonicalMarshal(copy, minor).length).toBeLessThanOrEqual(copy.length);
        } catch (error) {
          expect(error instanceof MarshalError || error instanceof RangeError).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is not led astray by what it met before, however damaged', () => {
    const minor = python<number>(MINOR);
    const data = python<string[]>(COMPILE, own, ['plain'], { PYTHONHASHSEED: '0' }).map((text) =>
      Buffer.from(text, 'base64'),
    );
    const expected = data.map((whole) => canonicalMarshal(whole, minor));
    const run = createCanonicalizer();
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(data.length - 1), changes, fc.nat(), (which, changed, cut) => {
        const copy = Buffer.from(data[which] ?? []);
        for (const [at, value] of changed) copy[at % copy.length] = value;
        try {
          run(copy.subarray(0, cut % 3 ? copy.length : cut % copy.length), minor);
        } catch (error) {
          expect(error instanceof MarshalError || error instanceof RangeError).toBe(true);
        }
        expect(run(data[which] ?? copy, minor).equals(expected[which] ?? copy)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses versions of Python that it does not know', () => {
    expect(() => canonicalMarshal(Buffer.from('N'), 99)).toThrow(MarshalError);
  });
});

/** Marshal data: text as its bytes, numbers in 32 bits. */
function marshal(...parts: readonly (string | number)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      const number = Buffer.alloc(4);
      number.writeUInt32LE(part);
      return number;
    }),
  );
}

/** The type code with the flag that something refers to the object. */
const flagged = (type: string): string => String.fromCharCode(type.charCodeAt(0) | 0x80);

describe('the canonical form', () => {
  it.each([
    {
      what: 'has equal constants once, and counts the references anew',
      data: marshal(')\x04', flagged('z'), '\x05first', 'z\x05again', 'Z\x05again', 'r', 0),
      form: marshal(')\x04', flagged('z'), '\x05first', flagged('Z'), '\x05again', 'r', 1, 'r', 0),
    },
    {
      what: 'has no references to what is as short as they are',
      data: marshal('(', 4, flagged('i'), 7, 'r', 0, flagged(')'), '\0', 'r', 1),
      form: marshal('(', 4, 'i', 7, 'i', 7, ')\0', ')\0'),
    },
    {
      what: 'has characters of Latin-1 interned',
      data: marshal('[', 4, 'z\x01a', 'u', 2, 'Ã©', 'u', 2, 'Ä\x80', 'a', 1, 'a'),
      form: marshal('[', 4, 'Z\x01a', 't', 2, 'Ã©', 'u', 2, 'Ä\x80', 'a', 1, 'a'),
    },
    {
      what: 'has the elements of sets in order, those of sets in sets too',
      data: marshal(')\x02>', 2, 'z\x04wxyz', '>', 2, 'i', 2, 'i', 1, '<', 2, 'T', 'N'),
      form: marshal(')\x02>', 2, '>', 2, 'i', 1, 'i', 2, 'z\x04wxyz', '<', 2, 'N', 'T'),
    },
    {
      what: 'takes sets with the same elements for equal',
      data: marshal(')\x02>', 2, 'z\x04abcd', 'N', '>', 2, 'N', 'z\x04abcd'),
      form: marshal(')\x02', flagged('>'), 2, 'N', 'z\x04abcd', 'r', 0),
    },
    {
      what: 'leaves equal dicts apart, and takes slices for equal',
      data: marshal(')\x04', '{NT0', '{NT0', ':NNi', 9, ':NNi', 9),
      form: marshal(')\x04', '{NT0', '{NT0', flagged(':'), 'NNi', 9, 'r', 0),
    },
    {
      what: 'has the first line of a code object behind eight objects',
      data: marshal(flagged('c'), 1, 2, 3, 4, 5, 'NNNNNNNz\x05hello', 6, 'Nz\x05hello'),
      form: marshal('c', 1, 2, 3, 4, 5, 'NNNNNNN', flagged('z'), '\x05hello', 6, 'Nr', 0),
    },
  ])('$what', ({ data, form }) => {
    const given = canonicalMarshal(data, 14);
    expect(given.toString('latin1')).toBe(form.toString('latin1'));
    expect(canonicalMarshal(given, 14).equals(given)).toBe(true);
  });

  it.each([
    [marshal(), RangeError, 'cut at 0'],
    [marshal('(\x01\0'), RangeError, 'cut at 1'],
    [marshal('z'), RangeError, 'cut at 1'],
    [marshal('{N'), RangeError, 'cut at 2'],
    [marshal('{NN'), RangeError, 'cut at 3'],
    [marshal('c', 1, 2, 3, 4, 'N'), RangeError, 'cut at 17'],
    [marshal('s', 0xffff_ffff, 'abc'), MarshalError, 'cut at 1'],
    [marshal('l', 0x8000_0000, 'ab'), MarshalError, 'cut at 1'],
    [marshal('(', 2, 'N'), MarshalError, 'cut at 5'],
    [marshal('NN'), MarshalError, 'it ends at 1 of 2'],
    [marshal(')\x01', flagged('?')), MarshalError, 'unknown type 0x3f at 2'],
    [marshal(flagged(')'), '\x01r', 0), MarshalError, 'reference 0 before 7 has no target'],
    [marshal('r', 0xffff_fffe), MarshalError, 'reference 4294967294 before 5 has no target'],
  ])('says what it met and where: %s', (data, kind, message) => {
    expect(() => canonicalMarshal(data, 11)).toThrow(kind);
    expect(() => canonicalMarshal(data, 11)).toThrow(message);
  });

  it('has three thousand levels and no more', () => {
    const levels = (count: number) => marshal(')\x01'.repeat(count), 'N');
    expect(canonicalMarshal(levels(3000), 11).equals(levels(3000))).toBe(true);
    expect(() => canonicalMarshal(levels(3001), 11)).toThrow(new MarshalError('too deep at 6002'));
  });

  it('is the same after data of any other kind', () => {
    const run = createCanonicalizer();
    const data = marshal(')\x03', 'z\x05hello', 'z\x05hello', '>', 2, 'T', 'N');
    const expected = Buffer.from(run(data, 11));
    const large = marshal('[', 1, 's', 40_000_000, 'x'.repeat(40_000_000));
    const numbers = Array.from({ length: 50_000 }, (_, at) => ['i', at]).flat();
    const many = marshal('[', 50_000, ...numbers);
    for (const other of [large, many, data.subarray(0, -1), marshal('?'), data]) {
      try {
        const given = run(other, 11);
        expect(given.length).toBeLessThanOrEqual(other.length);
      } catch (error) {
        expect(error instanceof MarshalError || error instanceof RangeError).toBe(true);
      }
      expect(run(data, 11).equals(expected)).toBe(true);
    }
  });
});
