import { builtinModules } from 'node:module';

/** A syntax that the house style leaves out; see CONTRIBUTING.md. */
interface Restriction {
  readonly selector: string;
  readonly message: string;
}

const DEFAULT_EXPORT: Restriction = {
  selector: 'ExportDefaultDeclaration',
  message: 'Name what you export; only configuration files that a tool loads export a default.',
};

const BARREL: Restriction = {
  selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]',
  message: 'A package has one barrel, src/index.ts; import from the module itself.',
};

const ALWAYS: readonly Restriction[] = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of strings, or a const object.' },
  {
    selector: String.raw`:matches(ImportDeclaration, ExportAllDeclaration, ExportNamedDeclaration, ImportExpression)[source.value=/^\.{1,2}\u002F(?!.*\.(ts|mts|cts|js|mjs|cjs|json)$)/]`,
    message: 'Write the extension: ./file.ts.',
  },
];

/** The restricted syntax for one kind of file. */
export function restrictedSyntax(
  allow: { barrel?: boolean; defaultExport?: boolean } = {},
): ['error', ...Restriction[]] {
  const more = [
    ...(allow.barrel ? [] : [BARREL]),
    ...(allow.defaultExport ? [] : [DEFAULT_EXPORT]),
  ];
  return ['error', ...ALWAYS, ...more];
}

interface RestrictedImports {
  readonly paths: { readonly name: string; readonly message: string }[];
  readonly patterns: { readonly group: string[]; readonly message: string }[];
}

const WITHOUT_PREFIX = builtinModules
  .filter((name) => !name.includes(':') && !name.startsWith('_'))
  .map((name) => ({ name, message: `Write node:${name}.` }));

function bannedModules(names: readonly string[], message: string): RestrictedImports['paths'] {
  return names.map((name) => ({ name, message }));
}

/** Imports that no file may write. */
export function restrictedImports(): ['error', RestrictedImports] {
  return ['error', { paths: WITHOUT_PREFIX, patterns: [] }];
}

/** The contract is data and types: it runs anywhere, so it knows no Node. */
export function contractImports(): ['error', RestrictedImports] {
  const pattern = {
    group: ['node:*'],
    message: 'The contract knows no Node; put effects behind a port.',
  };
  return ['error', { paths: WITHOUT_PREFIX, patterns: [pattern] }];
}

const NETWORK_AND_PROCESSES = [
  'node:child_process',
  'node:cluster',
  'node:dgram',
  'node:http',
  'node:http2',
  'node:https',
  'node:net',
  'node:tls',
  'undici',
];

/** Libraries reach network and processes through the ports alone, so that egress is listed and tests are real. */
export function libraryImports(): ['error', RestrictedImports] {
  const banned = bannedModules(NETWORK_AND_PROCESSES, 'Use the http or exec port.');
  return ['error', { paths: [...WITHOUT_PREFIX, ...banned], patterns: [] }];
}

/** Plugins return data; the core alone reads, writes, fetches and executes. */
export function pluginImports(): ['error', RestrictedImports] {
  const effects = [...NETWORK_AND_PROCESSES, 'node:fs', 'node:fs/promises', 'node:worker_threads'];
  const banned = bannedModules(effects, 'A plugin returns data; the core has the effects.');
  return ['error', { paths: [...WITHOUT_PREFIX, ...banned], patterns: [] }];
}
