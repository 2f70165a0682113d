import { isPlugin, PLUGIN_API, type Plugin, type PluginKind } from '@mlcontainer/plugin-kit';

import { check, type Check } from '../check.ts';
import { makePlugin, type Subject } from './subject.ts';

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Semantic Versioning 2.0.0, the pattern of its FAQ without the groups. */
const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const RANGE = /^[\dxX*.^~<>=|\s-]+(?:[-+][0-9A-Za-z.-]+)*$/;

/** What a plugin says of itself. */
export function metaChecks<P extends Plugin>(
  subject: Subject<P>,
  kinds: readonly PluginKind[],
  options?: unknown,
): Check[] {
  const one = (rule: string, says: string, isGood: (plugin: P) => boolean): Check =>
    check(`meta/${rule}`, says, () =>
      isGood(makePlugin(subject, options)) ? [] : [`the plugin breaks this: ${says}`],
    );
  return [
    one(
      'brand',
      'is made by definePlugin',
      (plugin) => isPlugin(plugin) && Object.isFrozen(plugin),
    ),
    one('kind', `is a plugin of the kind ${kinds.join(' or ')}`, ({ kind }) =>
      kinds.includes(kind),
    ),
    one('name', 'has a kebab-case name', ({ name }) => typeof name === 'string' && NAME.test(name)),
    one('api', `is written for plugin API ${PLUGIN_API}`, ({ api }) => api === PLUGIN_API),
    one('version', 'has a semantic version', ({ version }) => VERSION.test(version)),
    one('docs', 'says where its manual is', ({ docs }) => isManual(docs)),
    one('compatibility', 'names a range of cores, if any', ({ compatibility }) =>
      isRange(compatibility?.core),
    ),
    check('meta/globals', 'vouches only for exact and harmless globals', () =>
      globalProblems((makePlugin(subject, options) as { globals?: unknown }).globals),
    ),
    one('hooks', 'has functions as hooks', (plugin) =>
      hooksOf(plugin).every((hook) => typeof hook === 'function'),
    ),
  ];
}

function isManual(docs: unknown): boolean {
  const url = typeof docs === 'string' ? URL.parse(docs) : null;
  return url !== null && url.protocol === 'https:' && url.hostname.includes('.');
}

function isRange(range: unknown): boolean {
  return range === undefined || (typeof range === 'string' && RANGE.test(range));
}

function hooksOf(plugin: Plugin): readonly unknown[] {
  const { contribute, detect } = plugin as { contribute?: unknown; detect?: unknown };
  const { emit, constrain, deploy } = plugin as {
    emit?: unknown;
    constrain?: unknown;
    deploy?: unknown;
  };
  const needed = plugin.kind === 'target' ? [emit] : [contribute];
  const optional = plugin.kind === 'target' ? [constrain, deploy] : [detect];
  return [...needed, ...optional.filter((hook) => hook !== undefined)];
}

const GLOBAL = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/;
/** Modules that run code, start programs or reach the system: whoever names one of their globals in a pickle owns the server. */
const DANGEROUS =
  /^(?:os|posix|nt|subprocess|sys|importlib|runpy|pty|socket|shutil|ctypes|code|codeop|pickle|marshal|types|webbrowser|pip|pdb|timeit|asyncio|multiprocessing|pydoc|bdb|cProfile|operator|functools)\.|^builtins\.(?:eval|exec|compile|open|__import__|getattr|setattr|delattr|globals|locals|vars|input|breakpoint|apply)$/;

function globalProblems(globals: unknown): readonly string[] {
  if (globals === undefined) return [];
  if (!Array.isArray(globals)) return ['globals is not a list'];
  return globals
    .filter((name) => typeof name !== 'string' || !GLOBAL.test(name) || DANGEROUS.test(name))
    .map((name) => `globals has ${String(name)}, which is not exact or can run code`);
}
