import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installPacked, type Installation } from '../installation.ts';
import { output } from '../process.ts';
import { ROOT } from '../task.ts';
import { serveDebian } from './debian-cache.ts';
import type { Loopback } from './loopback.ts';
import { lockedWheels } from './ours.ts';
import type { Bench } from './subject.ts';
import { serveWheels } from './wheel-index.ts';

/** Everything that is not measured: packages installed, inputs on local mirrors, a second model. */
export interface Prepared {
  readonly bench: Bench;
  readonly installation: Installation;
  /** One row of the model's data, as the body of a request. */
  readonly body: string;
  readonly servers: readonly Loopback[];
}

const TOOLS_OF_RIVALS = ['flask', 'gunicorn', 'joblib'];

/** Fetches once what all subjects will fetch again and again from this machine. */
export async function prepare(folder: string, signal: AbortSignal): Promise<Prepared> {
  const installation = await installPacked(folder);
  const example = join(folder, 'example');
  await cp(join(ROOT, 'examples', 'diabetes'), example, { recursive: true });
  await cp(join(installation.app, 'node_modules'), join(example, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  const env = { MLCONTAINER_CACHE_DIR: join(folder, 'warm-up') };
  await output(installation.bin, ['lock', '--update'], { cwd: example, env, signal });
  const locked = await lockedWheels(join(example, 'mlcontainer.lock'));
  const wheels = join(folder, 'wheels');
  const sklearn = locked.find((pin) => pin.startsWith('scikit_learn==')) ?? 'scikit-learn';
  await download(wheels, ['--no-deps', ...locked, 'uv'], signal);
  await download(wheels, [sklearn, ...TOOLS_OF_RIVALS], signal);
  const [index, debian] = [await serveWheels(wheels), await serveDebian(join(folder, 'debian'))];
  const models = await twoModels(folder, example, wheels, sklearn, signal);
  const requirements = [sklearn, ...TOOLS_OF_RIVALS];
  const bench: Bench = {
    folder,
    models,
    index: index.url,
    debian: debian.url,
    requirements,
    signal,
  };
  return { bench, installation, body: await oneRow(folder), servers: [index, debian] };
}

async function download(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const flags = [
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary=:all:',
    '--python-version=3.11',
    '--dest',
    folder,
  ];
  await output('python3', ['-m', 'pip', 'download', ...flags, ...args], { signal });
}

/** The example's model, and the same trained again with another setting, so that other bytes serve alike. */
async function twoModels(
  folder: string,
  example: string,
  wheels: string,
  sklearn: string,
  signal: AbortSignal,
) {
  const venv = join(folder, 'venv');
  const python = join(venv, 'bin', 'python');
  await output('python3', ['-m', 'venv', '--without-pip', venv], { signal });
  const pip = [
    '-m',
    'pip',
    '--python',
    python,
    'install',
    '--quiet',
    '--no-index',
    '--find-links',
    wheels,
  ];
  await output('python3', [...pip, sklearn, 'joblib'], { signal });
  const [first, second] = [join(example, 'model.joblib'), join(folder, 'second.joblib')] as const;
  await output(python, ['-', first, second, join(folder, 'row.json')], { input: RETRAIN, signal });
  return [first, second] as const;
}

const RETRAIN = `
import json, sys
import joblib
from sklearn.base import clone
from sklearn.datasets import load_diabetes
first, second, row = sys.argv[1:]
data = load_diabetes()
model = clone(joblib.load(first)).fit(data.data[::2], data.target[::2])
joblib.dump(model, second)
json.dump({'instances': data.data[:1].tolist()}, open(row, 'w'))
`;

async function oneRow(folder: string): Promise<string> {
  return await output('cat', [join(folder, 'row.json')]);
}
