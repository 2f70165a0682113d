import { basePackages, pythonPackages } from '@mlcontainer/debian';
import {
  mlcError,
  type Base,
  type DebianBase,
  type PlannedBase,
  type PlannedImageBase,
  type PlannedLayer,
  type Platform,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { PinOptions } from '../base/stage.ts';
import { stage } from '../stage.ts';
import type { ImagePaths } from './files.ts';

/** The interpreter that a base brings. */
export interface PythonOfBase extends ImagePaths {
  /** `3.11` */
  readonly version: string;
}

/** Our own packages on a foreign base: in front of the base’s, and nothing of them among its files. */
const OWN_FOLDERS = { site: '/opt/mlcontainer/site', bin: '/opt/mlcontainer/bin' } as const;

/** The base as the plan has it: a Debian suite by name, an image by digest with what is known of it. */
export async function plannedBase(
  cx: EngineContext,
  base: Base,
  platforms: readonly Platform[],
  root: string,
  options: PinOptions,
): Promise<PlannedBase> {
  if (base.kind === 'debian') return base;
  const { pinBase } = await import('../base/stage.ts');
  const pin = (): Promise<PlannedImageBase> => pinBase(cx, base, platforms, root, options);
  return stage(cx, 'facts', pin, (pinned) => {
    const { manifest, facts } = firstImage(pinned);
    return `base ${manifest.digest.slice(0, 19)}, ${facts.system}, Python ${facts.python.version}`;
  });
}

/** What the base's Python is and where things for it lie. */
export function pythonOf(base: PlannedBase): PythonOfBase {
  if (base.kind === 'debian') {
    const { version, executable, site, bin } = pythonPackages(base.suite);
    return { version, executable, site, bin };
  }
  const { version, executable } = firstImage(base).facts.python;
  return { version: minorOf(version), executable, ...OWN_FOLDERS };
}

/** One image stands for all in what the platforms have in common. Throws MLC6712. */
export function firstImage(base: PlannedImageBase): PlannedImageBase['images'][number] {
  const [first] = base.images;
  if (first === undefined) throw mlcError('MLC6712', { reference: base.reference });
  return first;
}

/** `3.11` of `3.11.9`. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** The layers that a plan adds for its base: a foreign one brings its own. */
export function baseLayers(base: PlannedBase): readonly PlannedLayer[] {
  return base.kind === 'debian' ? debianLayers(base) : [];
}

function debianLayers(base: DebianBase): readonly PlannedLayer[] {
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

/**
 * Refuses layers that a foreign base cannot take: Debian packages (MLC6710), and files below a folder of it that is a
 * link (MLC6708), where engines disagree what happens.
 */
export function checkLayersOn(base: PlannedBase, layers: readonly PlannedLayer[]): void {
  if (base.kind === 'debian') return;
  const { reference, images } = base;
  const links = new Set(images.flatMap(({ facts }) => facts.folderLinks));
  for (const path of [OWN_FOLDERS.site, ...filePaths(layers)]) {
    const link = parentsOf(path.slice(1)).find((parent) => links.has(parent));
    if (link === undefined) continue;
    const detail = `would lie below /${link}, which is a link there`;
    throw mlcError('MLC6708', { reference, path, detail });
  }
  for (const { owner, source } of layers) {
    if (source.kind === 'debian')
      throw mlcError('MLC6710', { reference, owner, packages: source.packages });
  }
}

function filePaths(layers: readonly PlannedLayer[]): readonly string[] {
  return layers.flatMap(({ source }) =>
    source.kind === 'files' ? source.files.map(({ path }) => path) : [],
  );
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index).join('/')).slice(1);
}
