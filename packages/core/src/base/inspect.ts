import type { BaseFacts, BaseLayer, PinnedBase } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { envPath } from './candidates.ts';
import { BASE_RULES, factsOf, questionsOf } from './facts.ts';
import { extractFiles, holdLayers, mergeLayers } from './layers.ts';
import type { FoundBase } from './pin.ts';
import type { BaseSource } from './source.ts';

/** What reading the layers of a base gives; kept in the store, so that each base is read once on a machine. */
export interface BaseReading extends Pick<PinnedBase, 'facts'> {
  readonly layers: readonly BaseLayer[];
}

const KIND = 'base';

/** Reads a base's layers, which are fetched where the store lacks them, unless the store remembers what they hold. */
export async function readLayers(
  cx: EngineContext,
  source: BaseSource,
  found: FoundBase,
): Promise<BaseReading> {
  const key = found.manifest.digest.slice('sha256:'.length);
  const known = await cx.ports.store.readRecord(KIND, key);
  if (isReading(known)) return known;
  const held = await holdLayers(cx, source, found.layers);
  const { tree, layers } = await mergeLayers(cx, source, held);
  const { architecture } = found.platform;
  const questions = questionsOf(source, { tree, architecture }, found);
  const facts = await cx.ports.store.withTemp(async (folder): Promise<BaseFacts> => {
    await extractFiles(cx, source, held, questions.files, folder);
    const libraryPath = envPath(found.configuration, 'LD_LIBRARY_PATH');
    return factsOf(source, { tree, architecture, folder, libraryPath }, questions);
  });
  const reading = { layers, facts };
  await cx.ports.store.writeRecord(KIND, key, reading);
  return reading;
}

/** By the rules of today; the store proves the rest. */
function isReading(value: unknown): value is BaseReading {
  const reading = value as Partial<BaseReading> | null | undefined;
  return reading?.facts?.rules === BASE_RULES && Array.isArray(reading.layers);
}
