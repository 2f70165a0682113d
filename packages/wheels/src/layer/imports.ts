const FROM = /^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|(?:[^\n\\#]|\\\r?\n)+)/gm;
const IMPORT = /^[ \t]*import[ \t]+((?:[^\n\\#]|\\\r?\n)+)/gm;
const STRING = /["'](\.*\w+(?:\.\w+)+|\.+\w+)["']/g;

/** `pkg/sub/mod.py` and `pkg/sub/__init__.py` are both in the package `pkg.sub`. */
function packageOf(path: string): string[] {
  return path.split('/').slice(0, -1);
}

/** Resolves a relative module name (PEP 328); undefined when it climbs out of the top package. */
function absolute(module: string, own: readonly string[]): string | undefined {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  if (dots === 0) return module;
  if (dots > own.length) return undefined;
  const rest = module.slice(dots);
  return [...own.slice(0, own.length - dots + 1), ...(rest === '' ? [] : [rest])].join('.');
}

function names(clause: string): string[] {
  return clause
    .replaceAll(/#[^\n]*|[()\\\r\n]/g, ' ')
    .split(',')
    .map((part) => part.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
}

/**
 * Every dotted module name that a Python source may import: of `import` and `from` statements anywhere in it, lazy
 * ones too, and of strings that look like a module, as `import_module` and plugin tables use them. A `from a import
 * b` gives `a.b`. More than is really imported, never less of what is written out.
 */
export function importedModules(path: string, source: string): string[] {
  const own = packageOf(path);
  const found: string[] = [];
  const add = (module: string) => {
    const name = absolute(module, own);
    if (name) found.push(name);
  };
  for (const [, module = '', clause = ''] of source.matchAll(FROM)) {
    for (const name of names(clause))
      add(module.endsWith('.') || module === '' ? `${module}${name}` : `${module}.${name}`);
  }
  for (const [, clause = ''] of source.matchAll(IMPORT)) names(clause).forEach(add);
  for (const [, text = ''] of source.matchAll(STRING)) add(text);
  return found;
}
