import type { ModelFacts, Plan } from '@mlcontainer/plugin-kit';

export const FACTS: ModelFacts = {
  fileName: 'model.joblib',
  size: 48_213,
  sha256: 'ab'.repeat(32),
  format: 'joblib',
  trust: 'code',
  compression: 'zlib',
  pickleProtocol: 5,
  packages: [
    { name: 'scikit-learn', version: '1.9.1', evidence: '_sklearn_version of the estimator' },
  ],
  estimator: {
    className: 'sklearn.pipeline.Pipeline',
    steps: [
      { name: 'scaler', className: 'sklearn.preprocessing._data.StandardScaler' },
      { name: 'model', className: 'sklearn.linear_model._ridge.Ridge' },
    ],
    kind: 'regressor',
  },
  inputs: [{ name: 'input', datatype: 'FP64', shape: [-1, 10] }],
  outputs: [{ name: 'predict', datatype: 'FP64', shape: [-1] }],
  featureNames: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'],
  globals: ['numpy.dtype', 'sklearn.pipeline.Pipeline'],
};

export const PLAN: Plan = {
  schemaVersion: 1,
  name: 'diabetes',
  core: '0.1.0',
  plugins: [{ name: 'framework-sklearn', version: '0.1.0', kind: 'framework' }],
  model: {
    from: 'model.joblib',
    path: '/opt/mlcontainer/model/model.joblib',
    facts: FACTS,
    allow: [],
    compression: 'none',
  },
  base: { kind: 'debian', suite: 'bookworm', packages: [] },
  platforms: [{ os: 'linux', architecture: 'amd64' }],
  python: {
    version: '3.11',
    executable: '/usr/bin/python3.11',
    site: '/usr/local/lib/python3.11/dist-packages',
    bin: '/usr/local/bin',
  },
  options: { bytecode: true, trim: true, compression: 'gzip-members', maxLayers: 40 },
  layers: [
    {
      id: 'core/python',
      owner: 'core',
      slot: 'system',
      source: { kind: 'debian', packages: ['python3.11-minimal'] },
      reason: 'the interpreter and what it needs',
    },
    {
      id: 'framework-sklearn/python',
      owner: 'framework-sklearn',
      slot: 'dependencies',
      source: { kind: 'python', requirements: ['scikit-learn==1.9.1'] },
      reason: 'the version that wrote the model',
    },
  ],
  adapter: { module: 'mlcontainer_sklearn', owner: 'framework-sklearn' },
  config: {
    user: '65532:65532',
    workingDir: '/opt/mlcontainer/app',
    entrypoint: ['/usr/bin/python3.11', '-m', 'mlcontainer_server'],
    env: {},
    labels: {},
    port: 8080,
  },
  imageToken: '@@image@@',
  uses: [],
  targets: [
    { name: 'target-cloud-run', files: [{ path: 'service.yaml', text: 'image: "@@image@@"\n' }] },
  ],
  findings: [],
  decisions: [
    {
      subject: 'framework',
      value: 'framework-sklearn',
      owner: 'framework-sklearn',
      reason: 'the file names scikit-learn 1.9.1',
    },
    {
      subject: 'python.version',
      value: '3.11',
      owner: 'core',
      reason: 'the base Debian bookworm brings it',
    },
  ],
};
