import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '@mlcontainer/tools';
import type { World } from './world.ts';

/**
 * The Python of a virtual environment that holds the given requirements, made once a world.
 * It works where Debian's python3-venv is missing, since pip installs into it from outside.
 */
export async function outsidePython(
  world: World,
  requirements: readonly string[],
): Promise<string> {
  const folder = join(world.folder, `venv-${requirements.join('-').replaceAll(/[^\w.-]/g, '_')}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return python;
  await output('python3', ['-m', 'venv', '--without-pip', folder]);
  const pip = [
    '-m',
    'pip',
    '--python',
    python,
    'install',
    '--quiet',
    '--disable-pip-version-check',
  ];
  await output('python3', [...pip, ...requirements]);
  await output('touch', [join(folder, 'complete')]);
  return python;
}

/** What scikit-learn itself says to a model and a whole data set. */
export interface Reference {
  /** The rows that were predicted. */
  readonly rows: readonly (readonly number[])[];
  readonly predictions: readonly number[];
  /** The predictions as Python's json writes them. */
  readonly json: string;
}

const SCRIPT = `
import json, sys
import joblib
from sklearn import datasets
model, name = sys.argv[1:]
rows = getattr(datasets, 'load_' + name.replace('-', '_'))().data
pipeline = joblib.load(model)
predictions = pipeline.predict(rows).tolist()
print(json.dumps({'rows': rows.tolist(), 'predictions': predictions, 'json': json.dumps(predictions)}))
`;

/** Predicts a data set of scikit-learn with a model, outside any container. */
export async function predictOutside(
  python: string,
  model: string,
  dataset: string,
): Promise<Reference> {
  const env = { PYTHONDONTWRITEBYTECODE: '1' };
  return JSON.parse(
    await output(python, ['-W', 'ignore', '-', model, dataset], { input: SCRIPT, env }),
  ) as Reference;
}
