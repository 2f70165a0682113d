import type { Architecture, DebianBase, ImageBase, Plan, Platform } from '@mlcontainer/plugin-kit';
import { jsonDigest } from '../json.ts';
import { stepTools } from '../steps/tools.ts';
import { repositoryRequest } from '../base/request.ts';
import type { Lock } from './types.ts';

/** What the plan asks of Debian. */
export interface DebianRequest {
  readonly suite: DebianBase['suite'];
  readonly architectures: readonly Architecture[];
  readonly packages: readonly string[];
  /** Of the build container alone; left out where the plan has no step. */
  readonly stepTools?: readonly string[];
}

/** What the plan asks of the Python indexes. */
export interface PythonRequest {
  readonly pythonVersion: string;
  readonly architectures: readonly Architecture[];
  readonly requirements: readonly string[];
  /** Those of them that are compiled, `name==version`. */
  readonly sdists?: readonly string[];
}

/** Undefined on a base that is not Debian's. */
export function debianRequest(plan: Plan): DebianRequest | undefined {
  if (plan.base.kind !== 'debian') return undefined;
  const packages = plan.layers.flatMap(({ source }) =>
    source.kind === 'debian' ? source.packages : [],
  );
  const tools = stepTools(plan);
  return {
    suite: plan.base.suite,
    architectures: architectures(plan.platforms),
    packages: sorted(packages),
    ...(tools.length === 0 ? {} : { stepTools: tools }),
  };
}

export function pythonRequest(plan: Plan): PythonRequest {
  const requirements = plan.layers.flatMap(({ source }) =>
    source.kind === 'python' ? source.requirements : [],
  );
  return {
    pythonVersion: plan.python.version,
    architectures: architectures(plan.platforms),
    requirements: sorted(requirements),
    ...(plan.sdists === undefined ? {} : { sdists: plan.sdists }),
  };
}

/** What the config asks of the base's repository, as a hash; without the host, so that a mirror may stand in for it. */
export function baseRequest(base: ImageBase, platforms: readonly Platform[]): string {
  return jsonDigest({
    ...repositoryRequest(base.reference),
    architectures: architectures(platforms),
  });
}

/** The hashes by which a lock knows whether it still answers the plan. */
export function requestDigests(plan: Plan): Lock['requests'] {
  const { base, platforms } = plan;
  const debian = debianRequest(plan);
  const python = pythonRequest(plan);
  if (base.kind === 'debian')
    return {
      debian: jsonDigest(debian),
      python: jsonDigest({ ...python, suite: base.suite }),
    };
  const glibc = base.images.map(({ facts }) => facts.glibc);
  return {
    debian: jsonDigest(null),
    python: jsonDigest({ ...python, glibc }),
    base: baseRequest(base, platforms),
  };
}

function architectures(platforms: readonly Platform[]): readonly Architecture[] {
  return sorted(platforms.map((platform) => platform.architecture));
}

function sorted<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort();
}
