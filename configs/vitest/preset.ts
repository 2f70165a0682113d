import { defineProject } from 'vitest/config';

const conditions = ['@mlcontainer/source', 'node', 'import', 'module', 'default'];

/**
 * The vitest project of one package: its tests stand beside the source, and a workspace import resolves to
 * the other package's source, so a test never runs against a stale build.
 */
export function packageProject(name: string) {
  return defineProject({
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      testTimeout: 30_000,
      execArgv: ['--conditions=@mlcontainer/source'],
    },
  });
}
