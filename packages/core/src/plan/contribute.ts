import {
  mlcError,
  SLOTS,
  type AdapterSpec,
  type Contribution,
  type FrameworkPlugin,
  type LayerSpec,
  type PlanContext,
  type PlannedLayer,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { callHook, readContext } from '../plugins/driver.ts';
import { freezePluginFiles, type ImagePaths } from './files.ts';

/** A contribution with the plugin that made it, its layers frozen into the plan's form. */
export interface OwnedContribution {
  readonly owner: string;
  readonly contribution: Contribution;
  readonly layers: readonly PlannedLayer[];
}

export type DecisionInputs = Pick<
  PlanContext<unknown>,
  'facts' | 'platforms' | 'pythonVersion' | 'requirements'
>;

/** Asks one plugin what it adds, checks the answer against the contract and freezes it. */
export async function askContribution(
  cx: EngineContext,
  root: string,
  plugin: FrameworkPlugin,
  inputs: DecisionInputs,
  paths: ImagePaths,
): Promise<OwnedContribution> {
  const context = { ...readContext(cx, root, plugin), ...inputs, options: plugin.options };
  const contribution = await callHook(cx, plugin, 'contribute', () => plugin.contribute(context));
  checkLayers(plugin.name, contribution.layers);
  const layers = await Promise.all(
    contribution.layers.map((spec) => plannedLayer(plugin.name, spec, paths)),
  );
  return { owner: plugin.name, contribution, layers };
}

/** Every `requires` of a contribution must stand among the `provides` of some other. */
export function checkCapabilities(contributions: readonly OwnedContribution[]): void {
  const provided = new Set(
    contributions.flatMap(({ contribution }) => contribution.provides ?? []),
  );
  for (const { owner, contribution } of contributions) {
    const missing = contribution.requires?.find((capability) => !provided.has(capability));
    if (missing !== undefined) throw mlcError('MLC2110', { missing, owner });
  }
}

/** The one adapter of a plan. */
export function chooseAdapter(
  claimed: string,
  contributions: readonly OwnedContribution[],
): AdapterSpec & { readonly owner: string } {
  const own = contributions.find(({ owner }) => owner === claimed);
  if (own?.contribution.adapter === undefined) {
    const detail = 'the framework that claims the model must bring an adapter';
    throw mlcError('MLC2012', { plugin: claimed, hook: 'contribute', detail });
  }
  return { ...own.contribution.adapter, owner: claimed };
}

function checkLayers(plugin: string, given: unknown): void {
  const fail = (detail: string): never => {
    throw mlcError('MLC2012', { plugin, hook: 'contribute', detail });
  };
  if (!Array.isArray(given)) return fail('`layers` is not a list');
  const layers = given as readonly LayerSpec[];
  const ids = layers.map((layer) => layer.id);
  const twice = ids.find((id, position) => ids.indexOf(id) !== position);
  if (twice !== undefined) fail(`the layer id "${twice}" stands twice`);
  for (const layer of layers) {
    if (!SLOTS.includes(layer.slot)) fail(`"${layer.slot}" is no slot`);
    if (!layer.reason) fail(`the layer "${layer.id}" gives no reason`);
  }
}

async function plannedLayer(
  owner: string,
  spec: LayerSpec,
  paths: ImagePaths,
): Promise<PlannedLayer> {
  const { source } = spec;
  const base = { id: `${owner}/${spec.id}`, owner, slot: spec.slot, reason: spec.reason };
  if (source.kind !== 'files') return { ...base, source };
  return {
    ...base,
    source: { kind: 'files', files: await freezePluginFiles(owner, source.files, paths) },
  };
}
