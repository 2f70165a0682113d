import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { canonicalMarshal } from './canonical.ts';
import { MarshalError } from './marshal.ts';

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

  it('refuses versions of Python that it does not know', () => {
    expect(() => canonicalMarshal(Buffer.from('N'), 99)).toThrow(MarshalError);
  });
});
