/** The houses of the repository, as the tags `scope:…` in each package.json name them. */
export type Scope =
  | 'contract'
  | 'ports'
  | 'oci'
  | 'builder'
  | 'reader'
  | 'server'
  | 'core'
  | 'plugin'
  | 'app'
  | 'testing'
  | 'config'
  | 'tools'
  | 'e2e';

/** Who may import whom in what ships; every edge not listed is a lint error. */
export const MAY_IMPORT: Readonly<Record<Scope, readonly Scope[]>> = {
  contract: [],
  ports: ['contract'],
  oci: ['contract'],
  builder: ['contract', 'oci'],
  reader: ['contract'],
  server: ['contract'],
  core: ['contract', 'ports', 'oci', 'builder', 'reader', 'server'],
  plugin: ['contract'],
  app: ['contract', 'ports', 'core', 'plugin'],
  testing: ['contract', 'ports', 'oci', 'core'],
  config: ['config'],
  tools: ['contract', 'reader', 'core', 'app', 'plugin', 'oci', 'config', 'tools'],
  e2e: ['contract', 'oci', 'testing', 'tools', 'config'],
};

/** What tests may import besides: real effects, conformance kits, the tools that start real engines. */
const TESTS_MAY_IMPORT: readonly Scope[] = ['ports', 'testing', 'config'];

/**
 * Tests of these may use the conformance kits. The kits import the core, so a builder's tests that did
 * would tie the builder to the core above it; theirs use the ports alone.
 */
const MAY_TEST_WITH_PORTS_ONLY: readonly Scope[] = ['contract', 'ports'];

/** One constraint of `@nx/enforce-module-boundaries`. */
export interface DependencyConstraint {
  readonly sourceTag: string;
  readonly onlyDependOnLibsWithTags: readonly string[];
}

/** The constraints for what ships. */
export function sourceConstraints(): DependencyConstraint[] {
  return constraints((scope) => MAY_IMPORT[scope]);
}

/** The constraints for tests, scripts, the builds of native code and the configuration files of tools. */
export function testConstraints(): DependencyConstraint[] {
  return constraints((scope) => {
    const extra = MAY_TEST_WITH_PORTS_ONLY.includes(scope)
      ? TESTS_MAY_IMPORT.filter((name) => name !== 'testing')
      : TESTS_MAY_IMPORT;
    // A framework is tested on the facts that inspection reads out of real models.
    const readers: readonly Scope[] = scope === 'plugin' ? ['reader'] : [];
    return [...MAY_IMPORT[scope], ...extra, ...readers];
  });
}

function constraints(allowed: (scope: Scope) => readonly Scope[]): DependencyConstraint[] {
  return (Object.keys(MAY_IMPORT) as Scope[]).map((scope) => ({
    sourceTag: `scope:${scope}`,
    onlyDependOnLibsWithTags: allowed(scope).map((name) => `scope:${name}`),
  }));
}
