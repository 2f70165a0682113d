import type { DebianLock, LockedDeb } from '@mlcontainer/debian';
import {
  SLOTS,
  type BaseLayer,
  type PinnedBase,
  type Plan,
  type Platform,
  type PlannedFile,
  type Slot,
} from '@mlcontainer/plugin-kit';
import type { LockedWheel } from '@mlcontainer/wheels';
import { bytecodeId } from '../inputs/interpreter.ts';
import type { Lock } from '../lock/types.ts';
import { baseBytecodeId, foreignLayers, libraryBytecode, pinnedBase } from './base-layer.ts';
import type {
  BaseRecipe,
  Bytecode,
  DebianRecipe,
  FilesRecipe,
  LdCacheRecipe,
  LibraryRecipe,
  ModelRecipe,
  StepRecipe,
  WheelsRecipe,
} from './recipe.ts';
import { groupWheels } from './group-wheels.ts';
import { countSteps, isScripted, withSteps, type Step } from './step-layers.ts';

interface ImageLayerBase {
  /** For people: `scikit-learn 1.9.1`. */
  readonly title: string;
  readonly slot: Slot;
  readonly owner: string;
}

/** One layer an image will have, by its recipe, with the locked inputs it is made of. */
export type ImageLayer = ImageLayerBase &
  (
    | { readonly recipe: BaseRecipe; readonly base: BaseLayer }
    | {
        readonly recipe: DebianRecipe;
        readonly debian: DebianLock;
        readonly debs: readonly LockedDeb[];
      }
    | { readonly recipe: LdCacheRecipe }
    | { readonly recipe: LibraryRecipe }
    | { readonly recipe: WheelsRecipe; readonly wheels: readonly LockedWheel[] }
    | { readonly recipe: FilesRecipe; readonly files: readonly PlannedFile[] }
    | { readonly recipe: ModelRecipe }
    | { readonly recipe: StepRecipe; readonly step: Step }
  );

/** The layers of one platform's image in the order of their slots: a pure function of plan and lock. */
export function imageLayers(plan: Plan, lock: Lock, platform: Platform): readonly ImageLayer[] {
  const { layers: ground, bytecode } = groundOf(plan, lock, platform);
  const fixed = [
    ...ground,
    ...SLOTS.flatMap((slot) => filesLayers(plan, slot, bytecode)),
    modelLayer(plan),
  ];
  const room = plan.options.maxLayers - fixed.length - countSteps(plan);
  const wheels = wheelLayers(plan, lock, platform, bytecode, room);
  const ordered = SLOTS.flatMap((slot) =>
    [...wheels, ...fixed].filter((layer) => layer.slot === slot),
  );
  return withSteps(ordered, plan, lock, platform);
}

/** What everything else stands on, and how Python is compiled for it. */
interface Ground {
  readonly layers: readonly ImageLayer[];
  readonly bytecode: Bytecode | null;
}

function groundOf(plan: Plan, lock: Lock, platform: Platform): Ground {
  const base = pinnedBase(plan, platform);
  if (base !== undefined) {
    const bytecode = bytecodeOf(plan, baseBytecodeId(base));
    return { layers: [...foreignLayers(base), ...libraryLayers(plan, base, bytecode)], bytecode };
  }
  const debian = lockFor(lock.debian, platform);
  const bytecode = bytecodeOf(plan, bytecodeId(debian));
  return { layers: debianLayers(plan, debian, bytecode), bytecode };
}

function bytecodeOf({ options }: Plan, python: string): Bytecode | null {
  return options.bytecode ? { python, debugRanges: !options.trim } : null;
}

function libraryLayers(
  { options }: Plan,
  base: PinnedBase,
  bytecode: Bytecode | null,
): readonly ImageLayer[] {
  if (bytecode === null || base.facts.python.compiled) return [];
  return [libraryBytecode(base, bytecode, options.compression)];
}

function lockFor(locks: readonly DebianLock[], platform: Platform): DebianLock {
  const found = locks.find((lock) => lock.architecture === platform.architecture);
  if (found === undefined)
    throw new Error(`the lock has no Debian packages for ${platform.architecture}`);
  return found;
}

function debianLayers(
  plan: Plan,
  debian: DebianLock,
  bytecode: Bytecode | null,
): readonly ImageLayer[] {
  const { suite, architecture } = debian;
  const { compression } = plan.options;
  const groups = (['system', 'runtime', 'extra'] as const).flatMap((group): ImageLayer[] => {
    const debs = debian.packages.filter((deb) => deb.group === group && !isScripted(plan, deb));
    if (debs.length === 0) return [];
    const inputs = debs.map((deb) => deb.sha256);
    const compiled = group === 'system' ? null : bytecode;
    const recipe: DebianRecipe = {
      kind: 'debian',
      group,
      suite,
      architecture,
      inputs,
      bytecode: compiled,
      compression,
    };
    const title = `Debian ${suite} ${GROUP_TITLES[group]} (${debs.length} packages)`;
    return [
      {
        title,
        slot: group === 'system' ? 'system' : 'runtime',
        owner: 'core',
        recipe,
        debian,
        debs,
      },
    ];
  });
  const inputs = debian.packages.map((deb) => deb.sha256);
  const cache: LdCacheRecipe = { kind: 'ld-cache', architecture, inputs, compression };
  return [...groups, { title: 'loader cache', slot: 'runtime', owner: 'core', recipe: cache }];
}

const GROUP_TITLES = { system: 'system', runtime: 'Python', extra: 'extra packages' } as const;

function wheelLayers(
  plan: Plan,
  lock: Lock,
  platform: Platform,
  bytecode: Bytecode | null,
  room: number,
): readonly ImageLayer[] {
  const python = lock.python.find((entry) => entry.platform.architecture === platform.architecture);
  const { site, bin, executable } = plan.python;
  const { trim, compression } = plan.options;
  return groupWheels(python?.packages ?? [], room).map((wheels): ImageLayer => {
    const inputs = wheels.map((wheel) => wheel.sha256);
    const recipe: WheelsRecipe = {
      kind: 'wheels',
      inputs,
      site,
      bin,
      executable,
      trim,
      bytecode,
      compression,
    };
    const [first] = wheels;
    const title =
      wheels.length === 1 ? `${first!.name} ${first!.version}` : `${wheels.length} small wheels`;
    return { title, slot: 'dependencies', owner: 'core', recipe, wheels };
  });
}

/** All files of one slot make one layer: they are small and change together. */
function filesLayers(plan: Plan, slot: Slot, bytecode: Bytecode | null): readonly ImageLayer[] {
  const owners = plan.layers.filter(
    (layer) => layer.slot === slot && layer.source.kind === 'files',
  );
  const files = owners
    .flatMap(({ source }) => (source.kind === 'files' ? source.files : []))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0) return [];
  const listed = files.map(({ path, mode, sha256 }) => ({ path, mode, sha256 }));
  const compiled = files.some((file) => file.path.endsWith('.py')) ? bytecode : null;
  const { compression } = plan.options;
  const recipe: FilesRecipe = {
    kind: 'files',
    files: listed,
    // The user's own code: who debugs it wants to see more than a line.
    bytecode: compiled && slot === 'app' ? { ...compiled, debugRanges: true } : compiled,
    compression,
  };
  const owner = [...new Set(owners.map((layer) => layer.owner))].join(', ');
  return [{ title: titleOf(slot, owners), slot, owner, recipe, files }];
}

function titleOf(slot: Slot, owners: Plan['layers']): string {
  if (slot === 'app') return 'app';
  if (slot === 'model') return 'server settings';
  return owners.some((layer) => layer.id === 'core/server') ? 'server' : `files (${slot})`;
}

function modelLayer(plan: Plan): ImageLayer {
  const { path, facts, compression } = plan.model;
  const recipe: ModelRecipe = { kind: 'model', path, inputs: [facts.sha256], compression };
  return { title: facts.fileName, slot: 'model', owner: 'user', recipe };
}
