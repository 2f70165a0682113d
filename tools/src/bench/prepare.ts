import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { installPacked, type Installation } from '../installation.ts';
import { downloadWheels, lockedWheels, serveMirrors, wheelFolder } from '../mirror/mirrors.ts';
import { output } from '../process.ts';
import { ROOT } from '../task.ts';
import type { Bench } from './subject.ts';

/** Everything that is not measured: packages installed, inputs on local mirrors, a second model. */
export interface Prepared {
  readonly bench: Bench;
  readonly installation: Installation;
  /** One row of the model's data, as the body of a request. */
  readonly body: string;
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
  const sklearn = locked.find((pin) => pin.startsWith('scikit_learn==')) ?? 'scikit-learn';
  await downloadWheels(folder, ['--no-deps', ...locked, 'uv'], signal);
  await downloadWheels(folder, [sklearn, ...TOOLS_OF_RIVALS], signal);
  const mirrors = await serveMirrors(folder);
  const models = await trainedModels(folder, example, sklearn, signal);
  const requirements = [sklearn, ...TOOLS_OF_RIVALS];
  const bench: Bench = { folder, models, mirrors, requirements, signal };
  return { bench, installation, body: await oneRow(folder) };
}

/** How many models there are besides the first: one for builds, and one for each round of pushes. */
const OTHERS = 4;

/**
 * The example's model, and the same trained again on other rows, so that other bytes serve alike. A model that was
 * built before is in the others' caches, so that each round has one of its own.
 */
async function trainedModels(
  folder: string,
  example: string,
  sklearn: string,
  signal: AbortSignal,
): Promise<Bench['models']> {
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
    wheelFolder(folder),
  ];
  await output('python3', [...pip, sklearn, 'joblib'], { signal });
  const first = join(example, 'model.joblib');
  const others = Array.from({ length: OTHERS }, (_, at) => join(folder, `model-${at}.joblib`));
  const row = join(folder, 'row.json');
  await output(python, ['-', first, row, ...others], { input: RETRAIN, signal });
  const [second = first, ...more] = others;
  return [first, second, ...more];
}

const RETRAIN = `
import json, sys
import joblib
from sklearn.base import clone
from sklearn.datasets import load_diabetes
first, row, *others = sys.argv[1:]
data = load_diabetes()
for at, other in enumerate(others):
    model = clone(joblib.load(first)).fit(data.data[at::2], data.target[at::2])
    joblib.dump(model, other)
json.dump({'instances': data.data[:1].tolist()}, open(row, 'w'))
`;

async function oneRow(folder: string): Promise<string> {
  return await output('cat', [join(folder, 'row.json')]);
}
