import { expect, it } from 'vitest';
import { buildWheel, tempFolder } from '../../test/support/wheel.ts';
import { openWheel } from '../wheel/open.ts';
import { planTrim, type TrimReport } from './trim.ts';

async function trim(
  files: Readonly<Record<string, string>>,
): Promise<TrimReport & { left: string[] }> {
  using folder = tempFolder();
  const members = Object.entries(files).map(([name, content]) => ({ name, content }));
  await using wheel = await openWheel(folder.file('demo.whl', buildWheel({ files: members })));
  const plan = planTrim(wheel);
  return { ...plan.report, left: [...plan.left].sort() };
}

it('leaves out folders of tests inside packages, with all they hold', async () => {
  expect(
    await trim({
      'demo/__init__.py': '',
      'demo/testing/__init__.py': '',
      'demo/test_mod.py': '',
      'demo/tests/__init__.py': '12345',
      'demo/tests/data/a.bin': 'data',
      'demo/sub/test/b.py': '',
      'tests/__init__.py': '',
      'demo/contests/c.py': '',
    }),
  ).toMatchObject({
    count: 3,
    bytes: 9,
    folders: ['demo/sub/test', 'demo/tests'],
    kept: [],
    left: ['demo/sub/test/b.py', 'demo/tests/__init__.py', 'demo/tests/data/a.bin'],
  });
});

it.each([
  ['from demo.tests import helper'],
  ['from demo.tests.helper import x'],
  ['import demo.tests.helper'],
  ['from .tests import helper'],
  ['def late():\n    from .tests import helper'],
  ['NAMES = ["demo.tests.helper"]'],
  ['from .tests import (other,  # or\n    helper)'],
])('keeps what is imported, and the packages above it: %s', async (source) => {
  const report = await trim({
    'demo/__init__.py': source,
    'demo/tests/__init__.py': '',
    'demo/tests/helper.py': '',
    'demo/tests/test_it.py': '',
    'demo/tests/data/large.npz': '',
    'demo/sub/tests/b.py': '',
  });
  expect(report).toMatchObject({
    kept: ['demo/tests'],
    folders: ['demo/sub/tests', 'demo/tests'],
    left: ['demo/sub/tests/b.py', 'demo/tests/data/large.npz', 'demo/tests/test_it.py'],
  });
});

it.each([
  ['from . import tests'],
  ['import demo.tests'],
  ['from demo.tests import *'],
  ['NAMES = ["demo.tests"]'],
])('keeps a folder whole that is imported by its own name: %s', async (source) => {
  const report = await trim({
    'demo/__init__.py': source,
    'demo/tests/helper.py': '',
    'demo/tests/data/large.npz': '',
    'demo/sub/tests/b.py': '',
  });
  expect(report).toMatchObject({ kept: ['demo/tests'], folders: ['demo/sub/tests'] });
});

it('keeps a package, an extension module and a folder of data that are imported like modules', async () => {
  const report = await trim({
    'demo/__init__.py': [
      'from demo.tests import tools',
      'from .tests._fast import x',
      'files("demo.tests.samples")',
    ].join('\n'),
    'demo/tests/tools/__init__.py': '',
    'demo/tests/tools/deep/a.py': '',
    'demo/tests/_fast.cpython-311-x86_64-linux-gnu.so': '',
    'demo/tests/_slow.cpython-311-x86_64-linux-gnu.so': '',
    'demo/tests/samples/s.txt': '',
    'demo/tests/tools.txt': '',
  });
  expect(report.left).toEqual([
    'demo/tests/_slow.cpython-311-x86_64-linux-gnu.so',
    'demo/tests/tools.txt',
  ]);
});

it.each([
  ['open(here / "data" / name)', ['demo/tests/other.npz']],
  ["open(f'{here}/other.npz')", ['demo/tests/data/large.npz']],
  ["join(here, 'data/large.npz') # it's there", ['demo/tests/other.npz']],
  ['data = other', ['demo/tests/data/large.npz', 'demo/tests/other.npz']],
])('keeps the data that a module names which stays: %s', async (source, left) => {
  const report = await trim({
    'demo/__init__.py': 'from .tests import helper',
    'demo/tests/helper.py': source,
    'demo/tests/data/large.npz': '',
    'demo/tests/other.npz': '',
  });
  expect(report.left).toEqual(left);
});

it('follows the imports of what is kept', async () => {
  const report = await trim({
    'demo/__init__.py': 'from .a.tests import x',
    'demo/a/tests/x.py': 'from demo.b.tests import y',
    'demo/b/tests/y.py': 'import demo.c.tests.z',
    'demo/c/tests/z.py': '',
    'demo/d/tests/w.py': 'import demo.a.tests',
  });
  expect(report).toMatchObject({
    kept: ['demo/a/tests', 'demo/b/tests', 'demo/c/tests'],
    folders: ['demo/d/tests'],
  });
});

it('follows imports between tests, which do not name their folder', async () => {
  const report = await trim({
    'demo/__init__.py': 'from demo.tests.helper import x',
    'demo/tests/__init__.py': 'from . import base',
    'demo/tests/base.py': '',
    'demo/tests/helper.py': 'from .common import y',
    'demo/tests/common.py': 'from .data_of import z',
    'demo/tests/data_of/__init__.py': '',
    'demo/tests/data_of/other.py': '',
    'demo/tests/test_it.py': 'from .rest import w',
    'demo/tests/rest.py': '',
  });
  expect(report.left).toEqual([
    'demo/tests/data_of/other.py',
    'demo/tests/rest.py',
    'demo/tests/test_it.py',
  ]);
});

it('does not count what only pytest loads, and what only speaks of tests', async () => {
  const report = await trim({
    'demo/__init__.py': '"""See demo.tests for more."""\n# from demo.tests import x\n',
    'demo/conftest.py': 'from demo.tests import x',
    'demo/tests/x.py': 'from demo.tests import x',
  });
  expect(report).toMatchObject({ kept: [], folders: ['demo/tests'] });
});
