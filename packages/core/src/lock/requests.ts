import type { Architecture, Plan } from '@mlcontainer/plugin-kit';
import { debianBase } from '../plan/base.ts';
import { jsonDigest } from '../json.ts';

/** What the plan asks of Debian. */
export interface DebianRequest {
  readonly suite: 'bookworm' | 'trixie';
  readonly architectures: readonly Architecture[];
  readonly packages: readonly string[];
}

/** What the plan asks of the Python indexes. */
export interface PythonRequest {
  readonly pythonVersion: string;
  readonly architectures: readonly Architecture[];
  readonly requirements: readonly string[];
}

export function debianRequest(plan: Plan): DebianRequest {
  const packages = plan.layers.flatMap(({ source }) =>
    source.kind === 'debian' ? source.packages : [],
  );
  return {
    suite: debianBase(plan.base).suite,
    architectures: architectures(plan),
    packages: sorted(packages),
  };
}

export function pythonRequest(plan: Plan): PythonRequest {
  const requirements = plan.layers.flatMap(({ source }) =>
    source.kind === 'python' ? source.requirements : [],
  );
  return {
    pythonVersion: plan.python.version,
    architectures: architectures(plan),
    requirements: sorted(requirements),
  };
}

/** The hashes by which a lock knows whether it still answers the plan. */
export function requestDigests(plan: Plan): { debian: string; python: string } {
  const debian = debianRequest(plan);
  return {
    debian: jsonDigest(debian),
    python: jsonDigest({ ...pythonRequest(plan), suite: debian.suite }),
  };
}

function architectures(plan: Plan): readonly Architecture[] {
  return sorted(plan.platforms.map((platform) => platform.architecture));
}

function sorted<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
