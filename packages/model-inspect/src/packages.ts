import type { ModelFacts, PackageFact } from '@mlcontainer/plugin-kit';

/** Distributions (PEP 503 names) by the top module of the globals they are named in. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  numpy: 'numpy',
  scipy: 'scipy',
  joblib: 'joblib',
  pandas: 'pandas',
  imblearn: 'imbalanced-learn',
  lightgbm: 'lightgbm',
  xgboost: 'xgboost',
  catboost: 'catboost',
  category_encoders: 'category-encoders',
  feature_engine: 'feature-engine',
  mlxtend: 'mlxtend',
  sklearn_crfsuite: 'sklearn-crfsuite',
  skorch: 'skorch',
  sktime: 'sktime',
  statsmodels: 'statsmodels',
  torch: 'torch',
  umap: 'umap-learn',
};

/** What a global implies for the version of its distribution, where the file has no stamp. */
const IMPLIED: readonly {
  readonly prefix: string;
  readonly name: string;
  readonly specifier: string;
  readonly why: string;
}[] = [
  { prefix: 'numpy._core.', name: 'numpy', specifier: '>=2', why: 'numpy 2 named this module so' },
  {
    prefix: 'scipy.sparse._',
    name: 'scipy',
    specifier: '>=1.8',
    why: 'scipy 1.8 made this module private',
  },
  {
    prefix: 'scipy.interpolate._',
    name: 'scipy',
    specifier: '>=1.8',
    why: 'scipy 1.8 made this module private',
  },
];

interface Sources {
  readonly globals: readonly string[];
  readonly compression: ModelFacts['compression'];
  readonly joblib: boolean;
  /** The version of scikit-learn and where it stands. */
  readonly sklearn: { readonly version: string; readonly evidence: string } | undefined;
}

/** The distributions that the file gives away, the framework first, then by name. */
export function packageFacts(sources: Sources): PackageFact[] {
  const found = new Map<string, PackageFact>();
  for (const global of sources.globals) {
    const name = DISTRIBUTIONS[global.split(/[.:]/, 1)[0]!];
    if (name !== undefined && !found.has(name))
      found.set(name, { name, evidence: `the global ${global}` });
  }
  for (const { prefix, name, specifier, why } of IMPLIED) {
    const global = sources.globals.find((g) => g.startsWith(prefix));
    if (global !== undefined)
      found.set(name, { name, specifier, evidence: `the global ${global}: ${why}` });
  }
  if (sources.joblib && !found.has('joblib'))
    found.set('joblib', { name: 'joblib', evidence: 'the format of the file' });
  if (sources.compression === 'lz4')
    found.set('lz4', { name: 'lz4', specifier: '>=0.19', evidence: 'the compression of the file' });
  if (sources.sklearn !== undefined)
    found.set('scikit-learn', { name: 'scikit-learn', ...sources.sklearn });
  const first = (fact: PackageFact) => (fact.name === 'scikit-learn' ? 0 : 1);
  return [...found.values()].sort((a, b) => first(a) - first(b) || (a.name < b.name ? -1 : 1));
}
