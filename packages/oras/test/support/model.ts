import { createHash } from 'node:crypto';
import type { ByteStream, ModelFacts } from '@mlcontainer/plugin-kit';
import { bytesContent } from './graph.ts';

/** A model file with the facts that inspection would give. */
export function modelFacts(text: string): {
  readonly facts: ModelFacts;
  readonly bytes: Buffer;
  readonly open: () => ByteStream;
} {
  const bytes = Buffer.from(text);
  const facts: ModelFacts = {
    fileName: 'model.joblib',
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    format: 'joblib',
    trust: 'code',
    compression: 'none',
    packages: [
      { name: 'scikit-learn', version: '1.9.1', evidence: '_sklearn_version' },
      { name: 'numpy', specifier: '>=2', evidence: 'numpy._core' },
    ],
    estimator: { className: 'sklearn.svm._classes.SVC' },
    inputs: [],
    outputs: [],
    globals: [],
  };
  return { facts, bytes, open: () => bytesContent(bytes, 'a/b').open() };
}
