import { basePackages, pythonPackages } from '@mlcontainer/debian';
import { mlcError, type Base, type DebianBase, type PlannedLayer } from '@mlcontainer/plugin-kit';
import type { ImagePaths } from './files.ts';

/** The interpreter that a base brings. */
export interface PythonOfBase extends ImagePaths {
  /** `3.11` */
  readonly version: string;
}

/** The base as the plan can build it; a registry image needs the registry client of a later release. */
export function debianBase(base: Base): DebianBase {
  if (base.kind === 'debian') return base;
  const detail = 'base images from a registry come with the registry client';
  throw mlcError('MLC2106', { kind: `base image ${base.reference}`, detail });
}

/** What the suite's Python is and where it lies. */
export function pythonOf(base: DebianBase): PythonOfBase {
  const { version, executable, site, bin } = pythonPackages(base.suite);
  return { version, executable, site, bin };
}

/** The layers every image on a Debian base has. */
export function baseLayers(base: DebianBase): readonly PlannedLayer[] {
  const layers: PlannedLayer[] = [
    {
      id: 'core/system',
      owner: 'core',
      slot: 'system',
      source: { kind: 'debian', packages: basePackages(base.suite) },
      reason: `the C library, certificates and time zones of Debian ${base.suite}`,
    },
    {
      id: 'core/python',
      owner: 'core',
      slot: 'runtime',
      source: { kind: 'debian', packages: pythonPackages(base.suite).packages },
      reason: `Debian ${base.suite} brings Python ${pythonPackages(base.suite).version}`,
    },
  ];
  return base.packages.length === 0 ? layers : [...layers, userPackages(base)];
}

function userPackages(base: DebianBase): PlannedLayer {
  return {
    id: 'user/packages',
    owner: 'user',
    slot: 'runtime',
    source: { kind: 'debian', packages: base.packages },
    reason: 'named by the config in base.packages',
  };
}
