import type { DebianLock, LockedDeb } from '@mlcontainer/debian';
import {
  mlcError,
  SLOTS,
  type Plan,
  type PlannedLayer,
  type PlannedSource,
  type Platform,
} from '@mlcontainer/plugin-kit';
import type { Lock } from '../lock/types.ts';
import { isStep } from '../steps/planned.ts';
import type { ImageLayer } from './image-layers.ts';
import { recipeDigest, type DebianRecipe, type StepRecipe } from './recipe.ts';

/** What a step stands on and brings along. */
export interface Step {
  /** Of the plan: `user/run-1`. */
  readonly id: string;
  /** The layers of the image below it, the lowest first. */
  readonly below: readonly ImageLayer[];
  /** The layer that only the build container has. */
  readonly tools?: ImageLayer;
  /** .debs that are installed with their maintainer scripts. */
  readonly installs: readonly LockedDeb[];
  readonly debian?: DebianLock;
  /** What is installed, as a layer of laid packages: for the loader's cache, which knows the libraries of those. */
  readonly libraries?: ImageLayer;
}

/** Raised when a step would see, do or leave something else than before; part of its recipe. */
const RULES = 1;

/** How many layers of an image steps make. */
export function countSteps(plan: Plan): number {
  return plan.layers.filter(isStep).length;
}

/** Whether a package is installed with its scripts instead of laid. */
export function isScripted(plan: Plan, deb: Pick<LockedDeb, 'group' | 'name'>): boolean {
  if (deb.group !== 'extra') return false;
  return plan.layers.some(
    ({ source }) => source.kind === 'scripts' && (source.all || source.packages.includes(deb.name)),
  );
}

/** The layers with those of the steps among them, each the last of its slot, on everything that stands below it. */
export function withSteps(
  layers: readonly ImageLayer[],
  plan: Plan,
  lock: Lock,
  platform: Platform,
): readonly ImageLayer[] {
  const steps = plan.layers.filter(isStep);
  if (steps.length === 0) return layers;
  const tools = toolsLayer(plan, lock, platform);
  const result: ImageLayer[] = [];
  for (const slot of SLOTS) {
    result.push(...layers.filter((layer) => layer.slot === slot));
    for (const step of steps.filter((layer) => layer.slot === slot))
      result.push(stepLayer(step, [...result], tools, { plan, lock, platform }));
  }
  return result;
}

/** Throws MLC8508 for a package that is not among those of the image. */
function scripted(
  plan: Plan,
  { packages: names }: Extract<PlannedSource, { kind: 'scripts' }>,
  debian: DebianLock | undefined,
): readonly LockedDeb[] {
  const extra = (debian?.packages ?? []).filter(({ group }) => group === 'extra');
  const known = extra.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw mlcError('MLC8508', { names: unknown, known });
  return extra.filter((deb) => isScripted(plan, deb));
}

interface Around {
  readonly plan: Plan;
  readonly lock: Lock;
  readonly platform: Platform;
}

function stepLayer(
  planned: PlannedLayer,
  below: readonly ImageLayer[],
  tools: ImageLayer | undefined,
  { plan, lock, platform }: Around,
): ImageLayer {
  const { id, slot, owner, source } = planned;
  const debian = lock.debian.find(({ architecture }) => architecture === platform.architecture);
  const installs = source.kind === 'scripts' ? scripted(plan, source, debian) : [];
  const commands = source.kind === 'run' ? source.commands : [];
  const recipe: StepRecipe = {
    kind: 'step',
    rules: RULES,
    architecture: platform.architecture,
    below: below.map((layer) => recipeDigest(layer.recipe)),
    tools: tools?.recipe.kind === 'debian' ? tools.recipe.inputs : [],
    installs: installs.map(({ sha256 }) => sha256),
    commands,
    network: source.kind === 'run' ? source.network : 'none',
    // Root's home, for the commands run as root.
    env: { ...plan.config.env, HOME: '/root' },
    compression: plan.options.compression,
  };
  const step: Step = {
    id,
    below,
    ...(tools === undefined ? {} : { tools }),
    installs,
    ...(debian === undefined ? {} : { debian }),
    ...(debian === undefined || installs.length === 0
      ? {}
      : {
          libraries: buildOnly(
            { ...debian, packages: installs },
            'libraries of packages with scripts',
          ),
        }),
  };
  return { title: titleOf(planned, installs.length), slot, owner, recipe, step };
}

function titleOf({ id, source }: PlannedLayer, installs: number): string {
  if (source.kind === 'scripts') return `${installs} Debian packages with scripts`;
  return `step ${id}`;
}

/** What the lock holds for the build container. */
export function toolsLayer(plan: Plan, lock: Lock, platform: Platform): ImageLayer | undefined {
  const debian = lock.steps?.find(({ architecture }) => architecture === platform.architecture);
  if (debian === undefined || plan.base.kind !== 'debian') return undefined;
  return buildOnly(debian, `build container (${debian.packages.length} packages)`);
}

/** Packages as a layer that is not for the image, stored as it is unpacked. */
function buildOnly(debian: DebianLock, title: string): ImageLayer {
  const { suite, architecture, packages: debs } = debian;
  const recipe: DebianRecipe = {
    kind: 'debian',
    group: 'extra',
    buildOnly: true,
    suite,
    architecture,
    inputs: debs.map(({ sha256 }) => sha256),
    bytecode: null,
    compression: 'none',
  };
  return { title, slot: 'system', owner: 'core', recipe, debian, debs };
}

/** Whether a layer is for a build container, and no part of an image. */
export function isBuildOnly({ recipe }: ImageLayer): boolean {
  return recipe.kind === 'debian' && recipe.buildOnly === true;
}

/** The tar of no entries: two blocks of zeros. */
const EMPTY_DIFF_ID = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/** A step that changed nothing makes no layer: engines refuse the same one twice. */
export function isEmptyStep(built: {
  readonly layer: ImageLayer;
  readonly result: { readonly diffId: string };
}): boolean {
  return built.layer.recipe.kind === 'step' && built.result.diffId === EMPTY_DIFF_ID;
}
