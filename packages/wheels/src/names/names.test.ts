import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { normalizeName, normalizeVersion } from './normalize.ts';
import { bestWheel, supportedTags, tagRanks, type TagTarget } from './tags.ts';
import { isWheelOf, parseWheelFileName } from './wheel-file.ts';

const target: TagTarget = {
  pythonVersion: '3.11',
  platform: { os: 'linux', architecture: 'amd64' },
  glibc: '2.36',
};

describe('normal forms', () => {
  it('are those of packaging', () => {
    const part = fc.constantFrom(
      '1',
      '0',
      '10',
      '2.0',
      '1.2.3',
      '1!2',
      '0!1.0',
      'v1',
      '1a1',
      '1.alpha2',
      '1-beta',
      '1rc',
      '1c3',
      '1.preview4',
      '1.post',
      '1-2',
      '1rev3',
      '1.dev',
      '1dev4',
      '1a1.post2.dev3',
      '1+cpu',
      '1.0+Ubuntu-1.01',
      '1.0.0',
      '007.08',
    );
    const texts = [
      ...fc.sample(
        fc
          .tuple(part, fc.constantFrom('', '.0', '.0.0', ' ', '+x_1', '.post1'))
          .map((p) => p.join('')),
        300,
      ),
      'x',
      '',
      '1.0-beta-x',
    ];
    const script = `
import json, sys
from pip._vendor.packaging.version import Version, InvalidVersion
from pip._vendor.packaging.utils import canonicalize_version, canonicalize_name
out = []
for text in json.load(sys.stdin):
    try:
        out.append(canonicalize_version(Version(text)))
    except InvalidVersion:
        out.append(text.strip().lower())
print(json.dumps(out))
`;
    expect(texts.map(normalizeVersion)).toEqual(python<string[]>(script, texts));
    expect(['Foo.Bar__baz', 'A-_.b', 'x'].map(normalizeName)).toEqual(['foo-bar-baz', 'a-b', 'x']);
  });
});

describe('supportedTags', () => {
  it.each([
    ['3.11', '2.36'],
    ['3.13', '2.41'],
    ['3.9', '2.17'],
  ])('are those of packaging for %s and glibc %s', (pythonVersion, glibc) => {
    const script = `
import json, sys
from pip._vendor.packaging import tags, _manylinux
version, glibc = json.load(sys.stdin)
version = tuple(map(int, version.split('.')))
_manylinux._get_glibc_version = lambda: tuple(map(int, glibc.split('.')))
_manylinux._have_compatible_abi = lambda *a: True
_manylinux._is_compatible = lambda *a: True
import inspect
platforms = list(_manylinux.platform_tags(*(('linux_x86_64', 'x86_64') if len(inspect.signature(_manylinux.platform_tags).parameters) == 2 else (['x86_64'],)))) + ['linux_x86_64']
nodot = '%d%d' % version
got = list(tags.cpython_tags(version, ['cp' + nodot], platforms)) + list(tags.compatible_tags(version, 'cp' + nodot, platforms))
print(json.dumps([str(t) for t in got]))
`;
    expect(supportedTags({ ...target, pythonVersion, glibc })).toEqual(
      python<string[]>(script, [pythonVersion, glibc]),
    );
  });

  it('know the other machine, and refuse what is no CPython 3 on glibc', () => {
    const arm = supportedTags({ ...target, platform: { os: 'linux', architecture: 'arm64' } });
    expect(arm[0]).toBe('cp311-cp311-manylinux_2_36_aarch64');
    expect(arm).toContain('cp37-abi3-manylinux2014_aarch64');
    expect(arm.some((tag) => /manylinux1_|manylinux_2_16_/.test(tag))).toBe(false);
    expect(() => supportedTags({ ...target, pythonVersion: '2.7' })).toThrow(RangeError);
    expect(() => supportedTags({ ...target, glibc: 'musl' })).toThrow(RangeError);
  });
});

describe('file names', () => {
  it.each([
    ['numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl', 'numpy', 2],
    ['Foo_Bar-1.0-2build-py2.py3-none-any.whl', 'foo-bar', 2],
    ['torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl', 'torch', 1],
  ])('%s', (file, name, tags) => {
    const parsed = parseWheelFileName(file);
    expect([parsed?.name, parsed?.tags.length]).toEqual([name, tags]);
  });

  it.each([
    'x.zip',
    'x-1.whl',
    'x-1-y-py3-none-any.whl',
    'x-1-1-2-py3-none-any.whl',
    'a b-1-py3-none-any.whl',
    '../x-1-py3-none-any.whl',
  ])('%s is none', (file) => {
    expect(parseWheelFileName(file)).toBeUndefined();
  });

  it('tell project and version', () => {
    const parsed = parseWheelFileName('Foo_Bar-1.0.0-py3-none-any.whl');
    expect(
      parsed && [
        isWheelOf(parsed, 'foo.bar', '1'),
        isWheelOf(parsed, 'foo', '1'),
        isWheelOf(parsed, 'foo-bar', '1.1'),
      ],
    ).toEqual([true, false, false]);
  });
});

it('chooses the same wheel in whatever order they are listed', () => {
  const files = [
    'cp311-cp311-manylinux_2_17_x86_64',
    'cp311-cp311-manylinux_2_28_x86_64',
    'cp311-abi3-manylinux_2_28_x86_64',
    'py3-none-any',
    'cp312-cp312-manylinux_2_28_x86_64',
    '1-cp311-cp311-manylinux_2_28_x86_64',
    '10-cp311-cp311-manylinux_2_28_x86_64',
  ];
  const wheels = files
    .flatMap((tag) => parseWheelFileName(`x-1-${tag}.whl`) ?? [])
    .map((parsed) => ({ parsed }));
  const ranks = tagRanks(target);
  fc.assert(
    fc.property(fc.shuffledSubarray(wheels, { minLength: wheels.length }), (shuffled) => {
      expect(bestWheel(shuffled, ranks)?.parsed.file).toBe(
        'x-1-10-cp311-cp311-manylinux_2_28_x86_64.whl',
      );
    }),
  );
  expect(
    bestWheel(
      wheels.filter(({ parsed }) => parsed.file.includes('cp312')),
      ranks,
    ),
  ).toBeUndefined();
});
