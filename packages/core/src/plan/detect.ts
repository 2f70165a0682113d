import {
  mlcError,
  type Detection,
  type FrameworkPlugin,
  type ModelFacts,
  type Plugin,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { callHook, readContext } from '../plugins/driver.ts';

/** The framework that serves the model, and what its claim rests on. */
export interface Claim {
  readonly plugin: FrameworkPlugin;
  readonly detection: Detection;
}

/** Asks every framework plugin for its claim; the highest confidence wins, a tie is an error. */
export async function claimModel(
  cx: EngineContext,
  root: string,
  plugins: readonly Plugin[],
  facts: ModelFacts,
): Promise<Claim> {
  const frameworks = plugins.filter(
    (plugin): plugin is FrameworkPlugin => plugin.kind === 'framework',
  );
  const claims = (await Promise.all(frameworks.map((plugin) => askPlugin(cx, root, plugin, facts))))
    .filter((claim) => claim !== undefined)
    .sort((a, b) => b.detection.confidence - a.detection.confidence);
  const [best, second] = claims;
  if (best === undefined) throw noClaim(facts, frameworks);
  if (second?.detection.confidence === best.detection.confidence) {
    const names = [best.plugin.name, second.plugin.name];
    throw mlcError('MLC2102', { plugins: names, confidence: best.detection.confidence });
  }
  return best;
}

async function askPlugin(
  cx: EngineContext,
  root: string,
  plugin: FrameworkPlugin,
  facts: ModelFacts,
): Promise<Claim | undefined> {
  const { detect } = plugin;
  if (detect === undefined) return undefined;
  const context = { ...readContext(cx, root, plugin), facts };
  const detection = await callHook(cx, plugin, 'detect', () => detect.call(plugin, context));
  return detection === null ? undefined : { plugin, detection };
}

/** First-party plugins by the distribution that a model names, for the suggestion. */
const KNOWN: Readonly<Record<string, string>> = {
  'scikit-learn':
    "`import { sklearn } from '@mlcontainer/framework-sklearn'` and `plugins: [sklearn()]`",
};

function noClaim(facts: ModelFacts, asked: readonly FrameworkPlugin[]): Error {
  const framework = facts.packages[0]?.name ?? 'no framework found in it';
  const known = KNOWN[framework];
  return mlcError('MLC2101', {
    format: facts.format,
    framework,
    plugins: asked.map((plugin) => plugin.name),
    suggestion:
      known === undefined
        ? 'Add the framework plugin for this kind of model to `plugins`.'
        : `Add ${known}.`,
  });
}
