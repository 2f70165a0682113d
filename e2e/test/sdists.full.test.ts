import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mlcontainer, mlcontainerOk } from '../src/cli.ts';
import { configure } from '../src/configure.ts';
import { layoutDigest, makeProject, type Project } from '../src/project.ts';

const world = inject('world');

/** An extension module in C, with what would make it another one each day. */
const EXTENSION = {
  'pyproject.toml': `[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "tinyext"
version = "1.2"
`,
  'setup.py': `from setuptools import Extension, setup
setup(ext_modules=[Extension("tinyext", ["tinyext.c"])], packages=[])
`,
  'tinyext.c': `#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, __DATE__ __TIME__ __FILE__}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tinyext", NULL, -1, methods};
PyMODINIT_FUNC PyInit_tinyext(void) { return PyModule_Create(&module); }
`,
};

/** A pure package as it was packed before pyproject.toml. */
const PURE = {
  'setup.py': `from setuptools import setup
setup(name="old-pure", version="0.3", py_modules=["old_pure"])
`,
  'old_pure.py': 'ANSWER = 7\n',
};

/** One that asks the network while it is built. */
const CURIOUS = {
  'setup.py': `import urllib.request
urllib.request.urlopen("http://192.0.2.1/")
`,
};

describe('a requirement without a wheel', () => {
  let project: Project;
  let links: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    project = await makeProject(world, 'diabetes');
    links = join(project.folder, 'links');
    await mkdir(links);
    await pack(links, 'tinyext-1.2', EXTENSION);
    await pack(links, 'old-pure-0.3', PURE);
    await pack(links, 'curious-1.0', CURIOUS);
    const own = process.env['PIP_FIND_LINKS'];
    env = { PIP_FIND_LINKS: own === undefined ? links : `${own} ${links}` };
  });

  afterAll(() => project.remove());

  it('is refused unless the config names it', async () => {
    await configure(project, "name: 'diabetes', requirements: ['tinyext']");
    const { code, stderr } = await mlcontainer(world, ['lock'], { cwd: project.folder, env });
    expect(code).not.toBe(0);
    expect(stderr).toContain('MLC501');
  });

  it('is compiled without network, locked, imported, and the same from an empty store', async () => {
    const probe = 'import tinyext, old_pure; print(tinyext.answer() + old_pure.ANSWER)';
    await configure(
      project,
      `name: 'diabetes', requirements: ['tinyext', 'old-pure'],
       sdists: ['tinyext==1.2', 'old-pure==0.3'],
       run: [{ command: ['python3', '-c', '${probe}'] }]`,
    );
    await mlcontainerOk(world, ['build'], { cwd: project.folder, env });
    const lock = JSON.parse(
      await readFile(join(project.folder, 'mlcontainer.lock'), 'utf8'),
    ) as Lock;
    expect(lock.sdists.map(({ file, wheel }) => [file, wheel.file])).toEqual([
      ['old-pure-0.3.tar.gz', 'old_pure-0.3-py3-none-any.whl'],
      ['tinyext-1.2.tar.gz', expect.stringMatching(/^tinyext-1\.2-cp311-cp311-linux_/)],
    ]);
    const names = lock.steps.flatMap(({ packages }) => packages.map(({ name }) => name));
    expect(names).toEqual(expect.arrayContaining(['gcc', 'libc6-dev']));
    const digest = await layoutDigest(project.layout);
    const store = await mkdtemp(join(tmpdir(), 'mlc-cold-'));
    try {
      const cold = { ...env, MLCONTAINER_CACHE_DIR: store };
      await mlcontainerOk(world, ['build', '--frozen'], { cwd: project.folder, env: cold });
      expect(await layoutDigest(project.layout)).toBe(digest);
    } finally {
      await rm(store, { recursive: true, force: true });
    }
  });

  it('is told so where it asks the network while it is built', async () => {
    await configure(
      project,
      "name: 'diabetes', requirements: ['curious'], sdists: ['curious==1.0']",
    );
    const { code, stderr } = await mlcontainer(world, ['lock'], { cwd: project.folder, env });
    expect(code).toBe(1);
    expect(stderr).toContain('MLC8505');
  });
});

interface Lock {
  readonly sdists: readonly { readonly file: string; readonly wheel: { readonly file: string } }[];
  readonly steps: readonly { readonly packages: readonly { readonly name: string }[] }[];
}

/** A source distribution: a folder of that name, as a tar (PEP 625). */
async function pack(links: string, name: string, files: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mlc-sdist-'));
  await mkdir(join(folder, name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text);
  execFileSync('tar', ['-C', folder, '-czf', join(links, `${name}.tar.gz`), name]);
  await rm(folder, { recursive: true });
}
