import type { ModelFacts } from '@mlcontainer/plugin-kit';

/**
 * Facts as inspection would give them for a scikit-learn regressor that joblib wrote, with whatever a test wants
 * different.
 */
export function fakeFacts(different: Partial<ModelFacts> = {}): ModelFacts {
  return {
    fileName: 'model.joblib',
    size: 2048,
    sha256: '5f'.repeat(32),
    format: 'joblib',
    trust: 'code',
    compression: 'none',
    pickleProtocol: 4,
    packages: [
      {
        name: 'scikit-learn',
        version: '1.6.1',
        evidence: '_sklearn_version of the root estimator',
      },
      { name: 'numpy', specifier: '>=2', evidence: 'the module path numpy._core' },
    ],
    estimator: { className: 'sklearn.linear_model._base.LinearRegression', kind: 'regressor' },
    inputs: [{ name: 'input', datatype: 'FP64', shape: [-1, 10] }],
    outputs: [{ name: 'output', datatype: 'FP64', shape: [-1] }],
    globals: [
      'joblib.numpy_pickle.NumpyArrayWrapper',
      'numpy.dtype',
      'numpy.ndarray',
      'sklearn.linear_model._base.LinearRegression',
    ],
    ...different,
  };
}
