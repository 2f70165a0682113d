import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import type { ESLint, Linter } from 'eslint';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { sourceConstraints, testConstraints, type DependencyConstraint } from './boundaries.ts';
import {
  contractImports,
  libraryImports,
  pluginImports,
  restrictedImports,
  restrictedSyntax,
} from './restrictions.ts';

const IGNORED = [
  '**/{dist,node_modules,.nx,.venv,coverage,fixtures}/**',
  'examples/**',
  '**/*.{js,mjs,cjs}',
];
const TESTS = ['**/*.test.ts', '**/{test,scripts,bench}/**/*.ts', 'e2e/**/*.ts'];
const DATA = ['**/*.data.ts'];
const TOOL_CONFIGS = ['**/*.config.ts'];
const NATIVE_BUILDS = ['packages/*/native/**/*.ts'];
const HOUSEKEEPING = [
  'tools/**/*.ts',
  'configs/**/*.ts',
  '{packages,plugins}/*/{scripts,bench,native}/**/*.ts',
];

function boundaries(depConstraints: readonly DependencyConstraint[]): ['error', object] {
  return ['error', { allow: [], allowCircularSelfDependency: false, depConstraints }];
}

const typed: Linter.RulesRecord = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/explicit-module-boundary-types': 'off',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
  ],
  '@typescript-eslint/only-throw-error': [
    'error',
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  '@typescript-eslint/prefer-promise-reject-errors': [
    'error',
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/restrict-template-expressions': [
    'error',
    { allowNumber: true, allowBoolean: true },
  ],
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  // Ports and hosts are records of functions that know no `this`.
  '@typescript-eslint/unbound-method': 'off',
};

const size: Linter.RulesRecord = {
  complexity: ['error', 15],
  'max-depth': ['error', 4],
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
};

const habits: Linter.RulesRecord = {
  eqeqeq: ['error', 'always'],
  'no-console': 'error',
  'no-param-reassign': 'error',
  'no-undef': 'off',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
};

/** The lint rules of the whole repository, for `eslint.config.js` at its top. */
export function workspaceConfig(root: string) {
  return defineConfig(
    { ignores: IGNORED },
    js.configs.recommended,
    {
      files: ['**/*.ts'],
      extends: [tseslint.configs.recommendedTypeChecked],
      // The plugin's rules are typed by another package than ESLint's; they are the same objects.
      plugins: { '@nx': { rules: nx.rules } as unknown as ESLint.Plugin },
      languageOptions: { parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: root } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      rules: {
        ...typed,
        ...size,
        ...habits,
        '@nx/enforce-module-boundaries': boundaries(sourceConstraints()),
        'no-restricted-imports': restrictedImports(),
        'no-restricted-syntax': restrictedSyntax(),
      },
    },
    ...packageOverrides(),
    ...placeOverrides(),
  );
}

/** What single houses may not import. */
function packageOverrides(): Linter.Config[] {
  const shipped = (folder: string) => ({
    files: [`${folder}/src/**/*.ts`],
    ignores: ['**/*.test.ts'],
  });
  return [
    { ...shipped('packages/*'), rules: { 'no-restricted-imports': libraryImports() } },
    { ...shipped('packages/node-ports'), rules: { 'no-restricted-imports': restrictedImports() } },
    { ...shipped('packages/testing'), rules: { 'no-restricted-imports': restrictedImports() } },
    { ...shipped('packages/plugin-kit'), rules: { 'no-restricted-imports': contractImports() } },
    { ...shipped('plugins/*'), rules: { 'no-restricted-imports': pluginImports() } },
  ];
}

/** What certain places may do that others may not. */
function placeOverrides(): Linter.Config[] {
  return [
    {
      files: ['**/src/index.ts'],
      rules: { 'no-restricted-syntax': restrictedSyntax({ barrel: true }) },
    },
    {
      files: [...HOUSEKEEPING, 'packages/cli/src/**/*.ts'],
      rules: { 'no-console': 'off' },
    },
    {
      files: TESTS,
      rules: {
        '@nx/enforce-module-boundaries': boundaries(testConstraints()),
        // What a test parses it asserts on; the assertion is the check.
        '@typescript-eslint/no-unsafe-argument': 'off',
        '@typescript-eslint/no-unsafe-assignment': 'off',
        '@typescript-eslint/no-unsafe-call': 'off',
        '@typescript-eslint/no-unsafe-member-access': 'off',
        '@typescript-eslint/no-unsafe-return': 'off',
        'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
        'max-lines-per-function': 'off',
      },
    },
    { files: DATA, rules: { 'max-lines': 'off' } },
    {
      files: NATIVE_BUILDS,
      rules: { '@nx/enforce-module-boundaries': boundaries(testConstraints()) },
    },
    {
      files: TOOL_CONFIGS,
      rules: {
        '@nx/enforce-module-boundaries': boundaries(testConstraints()),
        'no-restricted-syntax': restrictedSyntax({ defaultExport: true }),
      },
    },
  ];
}
