import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** The endings of files that are taken for exported models. */
export const MODEL_EXTENSIONS = [
  '.joblib',
  '.pkl',
  '.pickle',
  '.skops',
  '.pt',
  '.pth',
  '.pt2',
  '.safetensors',
  '.keras',
  '.h5',
  '.onnx',
  '.ubj',
];

const SKIPPED = ['node_modules', 'dist', '__pycache__', 'venv', 'site-packages'];

/** Files that may be models, in the folder and two levels below it, relative to it and sorted. */
export async function findModels(folder: string, depth = 2): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile() && isModelName(entry.name))
    .map((entry) => entry.name);
  if (depth === 0) return found.sort();
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || SKIPPED.includes(entry.name))
      continue;
    const inner = await findModels(join(folder, entry.name), depth - 1);
    found.push(...inner.map((path) => `${entry.name}/${path}`));
  }
  return found.sort();
}

/** joblib names its compressed files `model.joblib.gz`. */
function isModelName(name: string): boolean {
  const plain = name.replace(/\.(?:gz|bz2|xz|lzma|lz4|z)$/i, '');
  return MODEL_EXTENSIONS.includes(extname(plain).toLowerCase());
}
