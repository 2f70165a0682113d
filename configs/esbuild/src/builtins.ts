import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'mlcontainer-builtin';

/**
 * Loads a module of Node when the first thing of it is used. An `import` of one loads it at once, and all that its
 * getters stand for: `node:http` fetch and WebSocket, `node:fs` streams, `node:util` a differ.
 */
export function builtinsPlugin(): Plugin {
  return {
    name: NAMESPACE,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path }) =>
        isLazy(path) ? { path, namespace: NAMESPACE } : { path, external: true },
      );
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: lazyModule(path),
        loader: 'js',
      }));
    },
  };
}

const ASSERT = 'node:assert';

/** `node:events` and its like are functions with properties; Node itself has loaded them. */
function isLazy(path: string): boolean {
  if (!isBuiltin(path)) return false;
  return path === ASSERT || typeof process.getBuiltinModule(path) === 'object';
}

/**
 * CommonJS, so that an import is a property of it, read where it is used. Not a property of its own: esbuild makes a copy
 * of those for each file that imports it.
 */
function lazyModule(path: string): string {
  const names = Object.keys(process.getBuiltinModule(path) ?? {});
  const isCalled = path === ASSERT;
  return [
    'let loaded;',
    `const load = () => loaded ??= process.getBuiltinModule(${JSON.stringify(path)});`,
    `const lazy = ${isCalled ? 'Object.create(Function.prototype)' : '{}'};`,
    `for (const name of ${JSON.stringify(names)})`,
    '  Object.defineProperty(lazy, name, { enumerable: true, get: () => load()[name] });',
    isCalled
      ? 'module.exports = Object.setPrototypeOf((ok, ...more) => { if (!ok) load()(ok, ...more); }, lazy);'
      : 'module.exports = Object.create(lazy);',
  ].join('\n');
}
