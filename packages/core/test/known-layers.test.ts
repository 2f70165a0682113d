import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KnownLayer, LayerJob } from '../src/layers/job.ts';
import type { WheelsRecipe } from '../src/layers/recipe.ts';
import { testContext, type TestContext } from './support/context.ts';

let cx: TestContext;

beforeEach(async () => {
  cx = await testContext();
});

afterEach(() => cx.dispose());

/** A wheel with one large file, whose RECORD says what it is, or something else. */
const MAKE_WHEEL = `
import base64, hashlib, random, sys, zipfile
path, seed, honest = sys.argv[1], int(sys.argv[2]), sys.argv[3] == 'true'
data = random.Random(seed).randbytes(50_000)
files = {
    'demo/data.bin': data,
    'demo-1.0.dist-info/METADATA': b'Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n',
    'demo-1.0.dist-info/WHEEL': b'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
def line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()
    return f'{name},sha256={digest},{len(content)}'
said = {**files, 'demo/data.bin': data if honest else bytes(50_000)}
record = '\\n'.join([line(*one) for one in said.items()] + ['demo-1.0.dist-info/RECORD,,', ''])
with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as wheel:
    for name, content in {**files, 'demo-1.0.dist-info/RECORD': record.encode()}.items():
        wheel.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
`;

const RECIPE: WheelsRecipe = {
  kind: 'wheels',
  inputs: [],
  site: '/usr/lib/python3.11/site-packages',
  bin: '/usr/bin',
  executable: '/usr/bin/python3.11',
  trim: true,
  bytecode: null,
  compression: 'gzip-members',
};

async function jobOf(seed: number, honest: boolean, known?: KnownLayer): Promise<LayerJob> {
  const file = 'demo-1.0-py3-none-any.whl';
  const at = path.join(cx.root, file);
  execFileSync('python3', ['-c', MAKE_WHEEL, at, String(seed), String(honest)]);
  const bytes = await readFile(at);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const names = { name: 'demo', version: '1.0', file, sha256, size: bytes.length };
  const wheel = { ...names, requires: [], requiredBy: [], tags: ['py3-none-any'] };
  return { recipe: RECIPE, wheels: [{ wheel, path: at }], known };
}

const run = (job: LayerJob) => cx.layerRunner.run(job, { signal: cx.signal });

async function held(): Promise<readonly string[]> {
  const names = await readdir(cx.root, { recursive: true });
  return names.filter((name) => /\/blobs\/sha256\/.*[0-9a-f]{60}$/.test(name));
}

test('a layer that the lock knows is the same layer', async () => {
  const made = await run(await jobOf(1, true));
  expect(await run(await jobOf(1, true, made))).toEqual(made);
});

test('one that comes out otherwise is made again, and nothing else is kept', async () => {
  const other = await run(await jobOf(2, true));
  const before = await held();
  const made = await run(await jobOf(1, true, other));
  expect(made).toEqual(await run(await jobOf(1, true)));
  expect(made.digest).not.toBe(other.digest);
  expect(await held()).toHaveLength(before.length + 1);
});

test('a wheel that lies is found out, whatever the lock says', async () => {
  const sound = await run(await jobOf(1, true));
  const lying = await jobOf(3, false, sound);
  await expect(run(lying)).rejects.toMatchObject({ code: 'MLC5032' });
});
