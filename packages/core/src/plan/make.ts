import {
  PLAN_VERSION,
  mlcError,
  type FrameworkPlugin,
  type Plan,
  type PlannedBase,
  type PlannedLayer,
  type Platform,
  type TargetFeature,
  type TargetView,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { readFacts, type Inspection } from '../facts.ts';
import { deepFreeze } from '../json.ts';
import type { Project } from '../project.ts';
import { insideProject } from '../plugins/files.ts';
import { withRegistries } from '../registry/registries.ts';
import { stage } from '../stage.ts';
import { runLayers, scriptLayers } from '../steps/planned.ts';
import { requireBuildah } from '../steps/require.ts';
import { withBundle } from '../vendor/open.ts';
import { CORE_VERSION } from '../version.ts';
import type { PinOptions } from '../base/stage.ts';
import { baseLayers, checkLayersOn, plannedBase, pythonOf, type PythonOfBase } from './base.ts';
import { baseRuntime, type BaseRuntime } from './base-runtime.ts';
import {
  askContribution,
  checkCapabilities,
  chooseAdapter,
  type OwnedContribution,
} from './contribute.ts';
import { decisions } from './decisions.ts';
import { claimModel, type Claim } from './detect.ts';
import { imageConfig } from './image-config.ts';
import { modelCompression } from './model.ts';
import { userRequirements } from './requirements.ts';
import { appLayers, modelPath, ROUTES, serverLayers } from './server.ts';
import {
  askEdits,
  checkSupport,
  emitTarget,
  IMAGE_TOKEN,
  targetsOf,
  warnWithoutRepository,
} from './targets.ts';

/** Most layers of an image; engines mount each of them. */
const MAX_LAYERS = 40;

/** What a plan of a base image is made from. */
export interface PlanOptions extends PinOptions {
  /** A vendored bundle, which has the configuration of the base. */
  readonly vendored?: string | undefined;
}

/**
 * The stages `facts` and `plan`: everything decided, before a byte is fetched; except that a base image which the
 * lock does not know yet is a fact too, and is looked up and read here. `update` has it looked up anew.
 */
export async function makePlan(
  given: EngineContext,
  project: Project,
  options: PlanOptions = {},
): Promise<Plan> {
  const reached = withRegistries(given, project.config.registries, project.root);
  return await withBundle(reached, options.vendored, (cx) => planOf(cx, project, options));
}

async function planOf(cx: EngineContext, project: Project, options: PlanOptions): Promise<Plan> {
  const inspection = await readFacts(cx, project);
  deepFreeze(inspection.facts);
  const { root, config } = project;
  const platforms = config.platforms.map(toPlatform);
  const base = await plannedBase(cx, config.base, platforms, root, options);
  return stage(cx, 'plan', () => decide(cx, project, inspection, base), planLine);
}

async function decide(
  cx: EngineContext,
  project: Project,
  inspection: Inspection,
  base: PlannedBase,
): Promise<Plan> {
  const { root, config, plugins } = project;
  const { facts } = inspection;
  const draft = await gather(cx, project, inspection, base);
  const { python, platforms, uses, claim, adapter, layers, runtime } = draft;
  const { image, targets } = await decideTargets(cx, draft);
  const model = await insideProject(root, config.model.path);
  const { trim, compression } = config;
  const bytecode = config.bytecode && canCompile(base);
  const undecided: Omit<Plan, 'decisions'> = {
    schemaVersion: PLAN_VERSION,
    name: config.name,
    core: CORE_VERSION,
    plugins: plugins.map(({ name, version, kind }) => ({ name, version, kind })),
    model: {
      from: config.model.path,
      path: modelPath(facts),
      facts,
      allow: config.model.allow,
      ...(config.model.artifact === undefined ? {} : { artifact: config.model.artifact }),
      compression: await modelCompression(cx, model, compression),
    },
    base,
    platforms,
    python,
    options: { bytecode, trim, compression, maxLayers: MAX_LAYERS },
    ...(config.sdists === undefined ? {} : { sdists: config.sdists.toSorted() }),
    layers,
    adapter,
    config: image,
    ...(config.image === undefined ? {} : { image: config.image }),
    ...(config.registries === undefined ? {} : { registries: config.registries }),
    imageToken: IMAGE_TOKEN,
    uses,
    targets,
    findings: inspection.findings,
  };
  return { ...undecided, decisions: decisions(undecided, claim, config, runtime.decisions) };
}

/** What the plan is made of: whose model it is, what the plugins add, and all layers before targets are asked. */
async function gather(
  cx: EngineContext,
  project: Project,
  { facts }: Inspection,
  base: PlannedBase,
): Promise<Draft> {
  const { root, config, plugins } = project;
  const python = pythonOf(base);
  const platforms = config.platforms.map(toPlatform);
  const requirements = await userRequirements(root, config.requirements);
  const claim = await claimModel(cx, root, plugins, facts);
  const inputs = { facts, platforms, pythonVersion: python.version, requirements };
  const contributions = await Promise.all(
    contributors(project, claim).map((plugin) => askContribution(cx, root, plugin, inputs, python)),
  );
  checkCapabilities(contributions);
  const adapter = chooseAdapter(claim.plugin.name, contributions);
  const layers = [
    ...baseLayers(base),
    ...scriptLayers(base),
    ...(await serverLayers(python)),
    ...contributions.flatMap((contribution) => contribution.layers),
    ...requirementLayer(requirements),
    ...runLayers(config.run),
    ...(await appLayers(project, facts, adapter)),
  ];
  checkLayers(layers);
  const { sdists = [] } = config;
  await requireBuildah(cx, { layers, platforms, sdists });
  checkLayersOn(base, layers);
  const runtime = await baseRuntime(cx, base);
  const uses = usedFeatures(project, platforms, contributions);
  return {
    ...{ project, facts, python, runtime, platforms, claim, contributions, adapter, layers, uses },
  };
}

interface Draft {
  readonly project: Project;
  readonly facts: Inspection['facts'];
  readonly python: PythonOfBase;
  readonly runtime: BaseRuntime;
  readonly platforms: readonly Platform[];
  readonly claim: Claim;
  readonly contributions: readonly OwnedContribution[];
  readonly adapter: Plan['adapter'];
  readonly layers: readonly PlannedLayer[];
  readonly uses: readonly TargetFeature[];
}

/** Lets every target check, edit and emit; the image configuration is what their edits leave. */
async function decideTargets(
  cx: EngineContext,
  draft: Draft,
): Promise<{ image: Plan['config']; targets: Plan['targets'] }> {
  const { project, uses } = draft;
  const targets = targetsOf(project.plugins);
  targets.forEach((target) => checkSupport(cx, target, uses));
  warnWithoutRepository(cx, targets, project.config.image);
  const before = imageConfig(draft, []);
  const edits = (
    await Promise.all(
      targets.map((target) => askEdits(cx, project.root, target, targetView(draft, before))),
    )
  ).flat();
  const image = imageConfig(draft, edits);
  const view = targetView(draft, image);
  const emitted = await Promise.all(
    targets.map((target) => emitTarget(cx, project.root, target, view)),
  );
  return { image, targets: emitted };
}

function targetView(draft: Draft, image: Plan['config']): TargetView {
  return {
    name: draft.project.config.name,
    image: IMAGE_TOKEN,
    platforms: draft.platforms,
    port: image.port,
    routes: ROUTES,
    env: draft.project.config.env,
    labels: image.labels,
    uses: draft.uses,
    facts: draft.facts,
  };
}

/** The framework that claimed the model, and every accelerator; frameworks that did not claim stay out. */
function contributors(project: Project, claim: Claim): readonly FrameworkPlugin[] {
  return project.plugins.filter(
    (plugin): plugin is FrameworkPlugin =>
      plugin.kind === 'accelerator' || plugin.name === claim.plugin.name,
  );
}

function requirementLayer(requirements: readonly string[]): readonly PlannedLayer[] {
  if (requirements.length === 0) return [];
  return [
    {
      id: 'user/requirements',
      owner: 'user',
      slot: 'dependencies',
      source: { kind: 'python', requirements },
      reason: 'named by the config in requirements',
    },
  ];
}

/** Refuses two owners of one path. */
function checkLayers(layers: readonly PlannedLayer[]): void {
  const owners = new Map<string, string>();
  for (const layer of layers) {
    if (layer.source.kind !== 'files') continue;
    for (const { path } of layer.source.files) {
      const first = owners.get(path);
      if (first !== undefined) throw mlcError('MLC2108', { path, owners: [first, layer.owner] });
      owners.set(path, layer.owner);
    }
  }
}

function usedFeatures(
  project: Project,
  platforms: readonly Platform[],
  contributions: readonly OwnedContribution[],
): readonly TargetFeature[] {
  const uses: TargetFeature[] = [];
  if (platforms.some((platform) => platform.architecture === 'arm64')) uses.push('arm64');
  if (platforms.length > 1) uses.push('multiArchIndex');
  if (project.config.compression === 'zstd') uses.push('zstdLayers');
  const provided = contributions.flatMap(({ contribution }) => contribution.provides ?? []);
  if (provided.some((capability) => capability.startsWith('cuda@'))) uses.push('gpu');
  return uses;
}

/** A foreign base's Python can be run only where a machine of its architecture pinned it; the lock remembers. */
function canCompile(base: PlannedBase): boolean {
  return base.kind === 'debian' || base.images.every(({ compiles }) => compiles);
}

function toPlatform(name: string): Platform {
  return { os: 'linux', architecture: name === 'linux/arm64' ? 'arm64' : 'amd64' };
}

function planLine(plan: Plan): string {
  const platforms = plan.platforms.map((platform) => platform.architecture).join(' and ');
  return `${plan.layers.length} contributions, Python ${plan.python.version}, ${platforms}`;
}
