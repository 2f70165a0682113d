import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../test/support/python.ts';
import { importedModules } from './imports.ts';

describe('importedModules', () => {
  it.each([
    ['pkg/a.py', 'import os, sys as s', ['os', 'sys']],
    ['pkg/a.py', 'from x import y', ['x.y']],
    ['pkg/a.py', 'from x.y import (a as b,\n  c, # why\n  d)', ['x.y.a', 'x.y.c', 'x.y.d']],
    ['pkg/a.py', 'from x import a, \\\n  b', ['x.a', 'x.b']],
    ['pkg/sub/a.py', 'from . import tests', ['pkg.sub.tests']],
    ['pkg/sub/__init__.py', 'from .tests import helper', ['pkg.sub.tests.helper']],
    ['pkg/sub/a.py', 'from ..tests.x import y', ['pkg.tests.x.y']],
    ['pkg/a.py', 'from ... import y', []],
    ['pkg/a.py', 'def f():\n    import pkg.tests.x', ['pkg.tests.x']],
    ['pkg/a.py', 'import_module("pkg.tests.x")', ['pkg.tests.x']],
    ['pkg/a.py', "import_module('.tests', __package__)", ['pkg.tests']],
    ['pkg/a.py', '# pkg.tests is not imported', []],
  ])('%s: %s', (path, source, expected) => {
    expect(importedModules(path, source)).toEqual(expected);
  });

  it('finds every import that Python finds', () => {
    const name = fc.constantFrom('a', 'b.c', 'tests', 'x.tests.y');
    const simple = fc.constantFrom('a', 'tests', 'helper');
    const statement = fc.oneof(
      fc.tuple(name, fc.boolean()).map(([n, as]) => `import ${n}${as ? ' as q' : ''}`),
      fc
        .tuple(fc.constantFrom('.', '..', '', '..'), name, simple)
        .map(([dots, n, s]) => `from ${dots}${n} import ${s}`),
      fc
        .tuple(name, fc.array(simple, { minLength: 1, maxLength: 3 }))
        .map(([n, s]) => `from ${n} import (\n    ${s.join(',\n    ')}\n)`),
      fc.constant('def f():\n    from .tests import late'),
      fc.constant('if x:\n\timport deep.tests'),
    );
    const sources = fc.sample(
      fc.array(statement, { maxLength: 6 }).map((lines) => `${lines.join('\n')}\n`),
      200,
    );
    const script = `
import ast, json, sys
def names(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            own = ['p', 'q', 'r']
            base = own[:len(own) - node.level + 1] if node.level else []
            prefix = '.'.join(base + ([node.module] if node.module else []))
            yield from (prefix + '.' + a.name for a in node.names)
print(json.dumps([sorted(set(names(s))) for s in json.load(sys.stdin)]))
`;
    const theirs = python<string[][]>(script, sources);
    const ours = sources.map((source) =>
      [...new Set(importedModules('p/q/r/mod.py', source))].sort(),
    );
    expect(ours).toEqual(theirs);
  });
});
