import { testFrameworkPlugin } from '@mlcontainer/testing';
import { describe, test } from 'vitest';
import { sklearn } from '../src/index.ts';

const STEPS = [
  'sklearn.compose._column_transformer.ColumnTransformer',
  'sklearn.pipeline.Pipeline',
  'sklearn.preprocessing._data.StandardScaler',
];

testFrameworkPlugin(
  sklearn,
  [
    { name: 'a regressor', claims: true, layers: ['python', 'adapter'] },
    {
      name: 'a pipeline that selects columns by name',
      facts: {
        estimator: {
          className: 'sklearn.pipeline.Pipeline',
          kind: 'classifier',
          classes: ['a', 'b'],
        },
        featureNames: ['age', 'sex'],
        globals: STEPS,
      },
      claims: true,
      layers: ['python', 'adapter'],
    },
    {
      name: 'another version and method',
      options: { version: '1.9.1', versionReason: 'tested', method: 'predict_proba', pandas: true },
      layers: ['python', 'adapter'],
    },
    { name: 'a model of another framework', facts: { format: 'onnx' }, claims: false },
    {
      name: 'a requirement that conflicts with the model',
      requirements: ['scikit-learn==1.0.2'],
      refuses: { hook: 'contribute', code: 'MLC3100' },
    },
    {
      name: 'a model without its version',
      facts: { packages: [] },
      refuses: { hook: 'contribute', code: 'MLC3101' },
    },
    {
      name: 'a Python that this version has no wheels for',
      pythonVersion: '3.7',
      refuses: { hook: 'contribute', code: 'MLC3102' },
    },
  ],
  { describe, test },
);
