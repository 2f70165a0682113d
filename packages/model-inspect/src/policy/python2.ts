// Protocols 0 to 2 carry the names of Python 2; a Python 3 unpickler translates them (CPython, Lib/_compat_pickle.py).
// Only what a scikit-learn model can hold stands here: any other old name stays as it is, and is unknown.

const MODULES: Readonly<Record<string, string>> = {
  __builtin__: 'builtins',
  copy_reg: 'copyreg',
  itertools: 'itertools',
  commands: 'subprocess',
  thread: '_thread',
  urllib2: 'urllib.request',
  httplib: 'http.client',
  anydbm: 'dbm',
};

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  '__builtin__ xrange': ['builtins', 'range'],
  '__builtin__ reduce': ['functools', 'reduce'],
  '__builtin__ intern': ['sys', 'intern'],
  '__builtin__ unichr': ['builtins', 'chr'],
  '__builtin__ unicode': ['builtins', 'str'],
  '__builtin__ long': ['builtins', 'int'],
  '__builtin__ basestring': ['builtins', 'str'],
  'itertools izip': ['builtins', 'zip'],
  'itertools imap': ['builtins', 'map'],
  'itertools ifilter': ['builtins', 'filter'],
  'os getcwdu': ['os', 'getcwd'],
};

/** The name that Python 3 looks up for one of a pickle of protocol 0 to 2. */
export function python3Name(module: string, name: string): readonly [module: string, name: string] {
  const pair = `${module} ${name}`;
  if (Object.hasOwn(NAMES, pair)) return NAMES[pair]!;
  return [Object.hasOwn(MODULES, module) ? MODULES[module]! : module, name];
}
