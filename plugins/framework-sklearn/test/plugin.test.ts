import { readFile } from 'node:fs/promises';
import type { ModelFacts, PlanContext, StandardResult } from '@mlcontainer/plugin-kit';
import { describe, expect, test } from 'vitest';
import { sklearn, type SklearnOptions } from '../src/index.ts';

const { signal } = new AbortController();
const reading = {
  files: {
    exists: () => Promise.resolve(false),
    text: () => Promise.reject(new Error('no files here')),
  },
  signal,
  meta: { core: '0.1.0', api: 1 },
} as const;

/** What inspection says of examples/diabetes/model.joblib. */
const facts: ModelFacts = {
  fileName: 'model.joblib',
  size: 71_825,
  sha256: 'e590dbc4170d3ccbef8342833f66861c0534475551d99ff586d95c14969726fa',
  format: 'joblib',
  trust: 'code',
  compression: 'none',
  pickleProtocol: 4,
  packages: [
    {
      name: 'scikit-learn',
      version: '1.9.1',
      evidence: '_sklearn_version in the state of the root',
    },
    { name: 'joblib', evidence: 'the global joblib.numpy_pickle.NumpyArrayWrapper' },
    { name: 'numpy', specifier: '>=2', evidence: 'the global numpy._core.multiarray._reconstruct' },
  ],
  estimator: {
    className: 'sklearn.pipeline.Pipeline',
    kind: 'regressor',
    steps: [{ name: 'scale', className: 'sklearn.preprocessing._data.StandardScaler' }],
  },
  inputs: [{ name: 'inputs', datatype: 'FP64', shape: [-1, 10] }],
  outputs: [{ name: 'predictions', datatype: 'FP64', shape: [-1] }],
  featureNames: ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'],
  globals: [
    'numpy.dtype',
    'sklearn.pipeline.Pipeline',
    'sklearn.preprocessing._data.StandardScaler',
  ],
};

function context(change: Partial<PlanContext<SklearnOptions>> = {}) {
  const warnings: string[] = [];
  const cx: PlanContext<SklearnOptions> = {
    ...reading,
    warn: (message) => void warnings.push(message),
    options: {},
    facts,
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    pythonVersion: '3.11',
    requirements: [],
    ...change,
  };
  return { cx, warnings };
}

const contribute = async (change: Partial<PlanContext<SklearnOptions>> = {}) =>
  sklearn().contribute(context(change).cx);

async function requirements(
  change: Partial<PlanContext<SklearnOptions>> = {},
): Promise<readonly string[]> {
  const layer = (await contribute(change)).layers.find((l) => l.source.kind === 'python');
  return layer?.source.kind === 'python' ? layer.source.requirements : [];
}

const stamped = (version: string | undefined): ModelFacts => ({
  ...facts,
  packages: [
    { name: 'scikit-learn', evidence: 'test', ...(version === undefined ? {} : { version }) },
  ],
});

describe('the allowlist', () => {
  test('holds exact names, sorted, each once', () => {
    const globals = sklearn().globals ?? [];
    expect(globals).toEqual([...new Set(globals)].sort());
    expect(globals.filter((name) => !/^[\w.]+\.\w+$/.test(name))).toEqual([]);
  });

  test('holds nothing that could do more than rebuild models', () => {
    const globals = sklearn().globals ?? [];
    const dangerous =
      /^(builtins|os|sys|subprocess|functools|operator|types|pickle|joblib|cloudpickle|__main__|scipy\.stats|sklearn\.datasets)\b/;
    expect(globals.filter((name) => dangerous.test(name))).toEqual([]);
  });
});

describe('detect', () => {
  const detect = (change: Partial<ModelFacts>) =>
    sklearn().detect!({ ...reading, warn: () => undefined, facts: { ...facts, ...change } });

  test('claims an estimator of scikit-learn', async () => {
    expect(await detect({})).toMatchObject({ confidence: 0.9 });
  });

  test('claims a wrapper around one more weakly', async () => {
    expect(await detect({ estimator: { className: 'imblearn.pipeline.Pipeline' } })).toMatchObject({
      confidence: 0.5,
    });
  });

  test('leaves other formats and other pickles alone', async () => {
    expect(await detect({ format: 'onnx' })).toBeNull();
    expect(await detect({ estimator: { className: 'x.Y' }, globals: ['x.Y'] })).toBeNull();
  });
});

describe('contribute', () => {
  test('pins what wrote the model, and numpy by its module names', async () => {
    expect(await requirements()).toEqual(['scikit-learn==1.9.1', 'numpy>=2']);
  });

  test('brings the adapter as a file of its own package', async () => {
    const { adapter, layers } = await contribute();
    expect(adapter).toEqual({ module: 'mlcontainer_sklearn', settings: {} });
    const source = layers.find((layer) => layer.id === 'adapter')?.source;
    const content = source?.kind === 'files' ? source.files[0]?.content : undefined;
    const url = content !== undefined && 'url' in content ? content.url : '';
    expect(await readFile(new URL(url), 'utf8')).toContain('def load(');
  });

  test.each([
    ['scikit-learn==1.8.0', 'MLC3100'],
    ['scikit_learn>=1.3,<1.9', 'MLC3100'],
    ['scikit-learn @ file:///somewhere.whl', 'MLC3100'],
  ])('%s is a conflict', async (requirement, code) => {
    await expect(contribute({ requirements: [requirement] })).rejects.toMatchObject({
      code,
      exitCode: 2,
    });
  });

  test.each(['scikit-learn', 'scikit-learn>=1.3', 'scikit-learn==1.9.*', 'pandas==2.0'])(
    '%s is none',
    async (requirement) => {
      expect(await requirements({ requirements: [requirement] })).toContain('scikit-learn==1.9.1');
    },
  );

  test('the option overrules the model, but not a requirement', async () => {
    const options = { version: '1.9.0', versionReason: 'tried' };
    expect(await requirements({ options })).toContain('scikit-learn==1.9.0');
    await expect(
      contribute({ options, requirements: ['scikit-learn==1.9.1'] }),
    ).rejects.toMatchObject({ code: 'MLC3100' });
  });

  test('a model without a stamp needs the option', async () => {
    await expect(contribute({ facts: stamped(undefined) })).rejects.toMatchObject({
      code: 'MLC3101',
    });
    const options = { version: '1.9.1', versionReason: 'read in the training log' };
    expect(await requirements({ facts: stamped(undefined), options })).toContain(
      'scikit-learn==1.9.1',
    );
  });

  test.each([
    ['1.0.2', '3.11'],
    ['1.1.2', '3.11'],
    ['1.3.2', '3.13'],
    ['1.9.1', '3.10'],
    ['0.24.2', '3.11'],
  ])('scikit-learn %s has no wheels for Python %s', async (version, pythonVersion) => {
    await expect(contribute({ facts: stamped(version), pythonVersion })).rejects.toMatchObject({
      code: 'MLC3102',
    });
  });

  test.each([
    ['1.1.3', '3.11'],
    ['1.3.2', '3.11'],
    ['1.5.2', '3.13'],
    ['1.9.1', '3.13'],
    ['7.0', '3.11'],
  ])('scikit-learn %s on Python %s is fine', async (version, pythonVersion) => {
    expect(await requirements({ facts: stamped(version), pythonVersion })).toContain(
      `scikit-learn==${version}`,
    );
  });

  test('releases built for numpy 1 get no numpy 2', async () => {
    expect(await requirements({ facts: stamped('1.2.2') })).toContain('numpy<2');
    expect(await requirements({ facts: stamped('1.4.2') })).not.toContain('numpy<2');
  });

  test('lz4, pandas and parts of other libraries', async () => {
    const more = (name: string) => ({
      ...facts,
      packages: [...facts.packages, { name, evidence: 'test' }],
    });
    expect(await requirements({ facts: more('lz4') })).toContain('lz4');
    const columns = {
      ...facts,
      globals: [...facts.globals, 'sklearn.compose._column_transformer.ColumnTransformer'],
    };
    expect(await requirements({ facts: columns })).toContain('pandas');
    expect(await requirements({ facts: columns, options: { pandas: false } })).not.toContain(
      'pandas',
    );
    const { cx, warnings } = context({ facts: more('xgboost') });
    await sklearn().contribute(cx);
    expect(warnings).toHaveLength(1);
    const asked = context({ facts: more('xgboost'), requirements: ['xgboost==3.0'] });
    await sklearn().contribute(asked.cx);
    expect(asked.warnings).toEqual([]);
  });

  test('settings reach the adapter', async () => {
    const options = { method: 'predict_proba', pandas: true } as const;
    expect((await contribute({ options })).adapter?.settings).toEqual({
      method: 'predict_proba',
      frame: true,
    });
  });

  test('a file whose root is no estimator is refused', async () => {
    const { estimator: _, ...rest } = facts;
    await expect(contribute({ facts: rest })).rejects.toMatchObject({ code: 'MLC3103' });
  });
});

describe('options', () => {
  const validate = (value: unknown) =>
    sklearn().optionsSchema!['~standard'].validate(value) as StandardResult<SklearnOptions>;
  const paths = (value: unknown) => validate(value).issues?.map((issue) => issue.path?.[0]);

  test('good ones pass, and none', () => {
    expect(validate(undefined).issues).toBeUndefined();
    expect(
      validate({ version: '1.9.1', versionReason: 'x', method: 'transform', pandas: true }).issues,
    ).toBeUndefined();
  });

  test('every problem is told at once', () => {
    expect(
      paths({ version: 'new', versionReason: '', method: 'fit', pandas: 1, colour: 'red' }),
    ).toEqual(['version', 'versionReason', 'method', 'pandas', 'colour']);
  });

  test('overruling needs a reason', () => {
    expect(paths({ version: '1.9.1' })).toEqual(['versionReason']);
    expect(validate(3).issues).toHaveLength(1);
  });
});

test.each(['banana', '1.9.1 ', '1.9.1 --index-url=x', '1.9.1\n', '1.9.1; x', ' @ file:///x'])(
  'the stamp %j never becomes a requirement',
  async (version) => {
    await expect(contribute({ facts: stamped(version) })).rejects.toMatchObject({
      code: 'MLC3104',
    });
  },
);
