import { runSteps, type LowerLayer, type StepRequest } from '@mlcontainer/buildah-wrapper';
import type { Entry } from '@mlcontainer/oci';
import { mlcError, type Plan } from '@mlcontainer/plugin-kit';
import { fetchWheel } from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { fetchWheels, settingsOf } from '../inputs/wheels.ts';
import { haveLayers, type MadeLayers } from '../layers/build-layers.ts';
import { imageLayers } from '../layers/image-layers.ts';
import { isBuildOnly, toolsLayer } from '../layers/step-layers.ts';
import type { Lock } from '../lock/types.ts';
import { requireWay } from '../steps/require.ts';
import { BUILD_WHEELS, COMPILE, OUTPUT, SOURCES } from './script.ts';
import type { CompiledWheel, LockedSdist } from './types.ts';

/** Whose image the source is compiled for; of the lock only what the image stands on. */
export interface CompileFor {
  readonly plan: Plan;
  readonly lock: Pick<Lock, 'debian' | 'tools' | 'bases' | 'steps'>;
  readonly root: string;
  /** Layers that the build makes anyway. */
  readonly made?: MadeLayers;
}

/**
 * Compiles a source distribution into a wheel in a container without network: the image's system and Python, a
 * compiler that is never shipped, and the locked wheels that the build requires. The wheel is put into the store.
 */
export async function compileSdist(
  cx: EngineContext,
  around: CompileFor,
  sdist: Omit<LockedSdist, 'wheel'>,
): Promise<CompiledWheel> {
  const { ports, env, signal } = cx;
  const way = await requireWay(cx, `${sdist.name} ${sdist.version}`);
  const request = await requestOf(cx, around, sdist);
  return runSteps(request, { ports, env, signal, way }, async ({ entries }) => {
    const wheel = entries.find(
      ({ path }) => path.startsWith(`${OUTPUT}/`) && path.endsWith('.whl'),
    );
    if (wheel?.type !== 'file') {
      const detail = 'its backend left no wheel';
      throw mlcError('MLC5015', { file: sdist.file, detail });
    }
    return storeWheel(cx, wheel);
  });
}

async function storeWheel(
  { ports }: EngineContext,
  { path, content }: Extract<Entry, { type: 'file' }>,
): Promise<CompiledWheel> {
  if (content.kind === 'bytes') throw new Error('a wheel is a stream');
  const file = path.slice(OUTPUT.length + 1);
  const { sha256, size } = await ports.store.put(content.open(), { name: file });
  return { file, sha256, size };
}

async function requestOf(
  cx: EngineContext,
  around: CompileFor,
  sdist: Omit<LockedSdist, 'wheel'>,
): Promise<StepRequest> {
  const settings = await settingsOf(cx);
  const source = await fetchWheel(sdist, { ports: cx.ports, signal: cx.signal, settings });
  const wheels = await fetchWheels(cx, sdist.build, settings);
  const { executable } = around.plan.python;
  return {
    name: `${sdist.name} ${sdist.version}`,
    layers: await lowerLayers(cx, around, sdist),
    platform: sdist.platform,
    commands: [[executable, '-c', COMPILE, sdist.backend, ...sdist.backendPath]],
    env: {},
    network: 'none',
    mounts: [
      { source, target: `${SOURCES}/${sdist.file}` },
      ...wheels.map(({ wheel, path }) => ({
        source: path,
        target: `${BUILD_WHEELS}/${wheel.file}`,
      })),
    ],
  };
}

/** System and Python of the image, below the tools; no wheel of the image, and no step. */
async function lowerLayers(
  cx: EngineContext,
  { plan, lock, root, made }: CompileFor,
  { platform }: Pick<LockedSdist, 'platform'>,
): Promise<readonly LowerLayer[]> {
  const whole: Lock = { ...EMPTY, ...lock };
  const layers = imageLayers(plan, whole, platform).filter(({ recipe }) =>
    ['base', 'debian', 'ld-cache'].includes(recipe.kind),
  );
  const tools = toolsLayer(plan, whole, platform);
  const all = tools === undefined ? layers : [...layers, tools];
  const built = await haveLayers(cx, { plan, lock: whole, root, ...(made && { made }) }, all);
  return Promise.all(
    built.map(async ({ layer, result: { mediaType, digest, diffId, size }, bytes }) => ({
      ...{ mediaType, digest, diffId, size, path: await bytes() },
      buildOnly: isBuildOnly(layer),
    })),
  );
}

const EMPTY: Lock = {
  lockVersion: 1,
  plugins: [],
  requests: { debian: '', python: '' },
  debian: [],
  tools: [],
  python: [],
  layers: {},
};
