import { entry } from './entry.ts';

/** MLC20xx: the plugin contract. MLC21xx: the plan. MLC22xx: the lock. MLC23xx: the build. */
export const pluginErrors = {
  MLC2001: entry<{ position: number; detail: string }>({
    title: 'Not a plugin',
    message: (d) => `plugins[${d.position}] is not a plugin: ${d.detail}.`,
    why: 'Every entry of `plugins` must be what a plugin factory returns.',
    fix: 'Call the factory, for instance `sklearn()` instead of `sklearn`, and check the import.',
    exit: 2,
  }),
  MLC2002: entry<{ plugin: string; api: unknown; supported: number }>({
    title: 'Plugin contract version',
    message: (d) =>
      `${d.plugin} was written for plugin API ${String(d.api)}; this core speaks ${d.supported}.`,
    why: 'The contract between core and plugins changed in a way that could break the plugin.',
    fix: 'Install versions of mlcontainer and the plugin that go together.',
    exit: 2,
  }),
  MLC2003: entry<{ plugin: string }>({
    title: 'Plugin twice',
    message: (d) => `The plugin ${d.plugin} is in the config twice.`,
    why: 'A plugin contributes once to a plan.',
    fix: 'Remove one of the two.',
    exit: 2,
  }),
  MLC2004: entry<{ plugin: string; problems: readonly string[] }>({
    title: 'Plugin options',
    message: (d) =>
      `The options of ${d.plugin} are not valid:\n${d.problems.map((p) => `  - ${p}`).join('\n')}`,
    why: 'The plugin checked them with its own schema.',
    fix: 'Correct the options in the config; the plugin’s manual lists them.',
    exit: 2,
  }),
  MLC2005: entry<{ plugin: string; range: string; core: string }>({
    title: 'Plugin and core versions',
    message: (d) => `${d.plugin} works with cores ${d.range}; this is ${d.core}.`,
    why: 'The plugin says which versions of the core it was tested with.',
    fix: 'Install versions that go together.',
    exit: 2,
  }),
  MLC2010: entry<{ plugin: string; hook: string; detail: string }>({
    title: 'Plugin failed',
    message: (d) => `${d.plugin} failed in ${d.hook}: ${d.detail}`,
    why: 'The plugin threw an error of its own.',
    fix: 'See the plugin’s manual or report it there; --debug shows the stack.',
  }),
  MLC2011: entry<{ plugin: string; hook: string; seconds: number }>({
    title: 'Plugin hangs',
    message: (d) => `${d.plugin} did not return from ${d.hook} within ${d.seconds} s.`,
    why: 'Hooks return data and have nothing to wait for.',
    fix: 'Report it to the plugin’s author.',
  }),
  MLC2012: entry<{ plugin: string; hook: string; detail: string }>({
    title: 'Plugin broke the contract',
    message: (d) =>
      `${d.plugin} returned something from ${d.hook} that the contract does not allow: ${d.detail}.`,
    why: 'What a hook returns must be plain data of the documented form.',
    fix: 'Report it to the plugin’s author.',
  }),
  MLC2101: entry<{
    format: string;
    framework: string;
    plugins: readonly string[];
    suggestion: string;
  }>({
    title: 'No plugin for this model',
    message: (d) =>
      `No plugin claimed the model (${d.format}, ${d.framework}); asked: ${d.plugins.join(', ') || 'none'}.`,
    why: 'A framework plugin brings what is needed to load and serve the model.',
    fix: (d) => d.suggestion,
    exit: 2,
  }),
  MLC2102: entry<{ plugins: readonly string[]; confidence: number }>({
    title: 'Two plugins claim this model',
    message: (d) =>
      `${d.plugins.join(' and ')} claim the model with the same confidence (${d.confidence}).`,
    why: 'The core does not guess which of them should serve it.',
    fix: 'Leave one of them out of the config.',
    exit: 2,
  }),
  MLC2103: entry<{ problems: readonly string[]; file: string }>({
    title: 'Model refused',
    message: (d) => `${d.file} is refused:\n${d.problems.map((p) => `  - ${p}`).join('\n')}`,
    why: 'Inspection fails closed: what it cannot vouch for does not get into an image.',
    fix: 'Export the model again without these objects, or allow each global by its exact name with a reason: `model: { path, allow: [{ global, reason }] }`.',
    exit: 3,
  }),
  MLC2104: entry<{ target: string; feature: string; message: string }>({
    title: 'Target cannot do this',
    message: (d) =>
      `${d.target} does not support ${d.feature}${d.message ? `: ${d.message}` : ''}.`,
    why: 'The plan uses a feature that the target’s support map calls unsupported.',
    fix: 'Change the config (platforms, accelerator, compression) or leave the target out.',
    exit: 2,
  }),
  MLC2105: entry<{ target: string; what: string; remedy: string; reason: string }>({
    title: 'Target refuses the plan',
    message: (d) => `${d.target} refuses ${d.what}: ${d.reason}.`,
    why: 'The target knows a rule of its platform that this plan breaks.',
    fix: (d) => d.remedy,
    exit: 2,
  }),
  MLC2106: entry<{ kind: string; detail: string }>({
    title: 'Not available yet',
    message: (d) =>
      `${d.kind} is part of the contract, but this version cannot build it: ${d.detail}.`,
    why: 'The builder for it is not in this release.',
    fix: 'Use a Debian base and wheels, or a later release.',
    exit: 2,
  }),
  MLC2107: entry<{ path: string; used: string }>({
    title: 'File not found',
    message: (d) => `${d.path} (${d.used}) does not exist.`,
    why: 'The config names a file that is not below its folder.',
    fix: 'Correct the path; it is relative to the config file.',
    exit: 2,
  }),
  MLC2108: entry<{ path: string; owners: readonly string[] }>({
    title: 'Two owners of one path',
    message: (d) => `${d.owners.join(' and ')} both put a file at ${d.path}.`,
    why: 'One path of the image has one owner, so that nothing is replaced in silence.',
    fix: 'Leave one of them out, or give the file another name.',
    exit: 2,
  }),
  MLC2109: entry<{ path: string; detail: string }>({
    title: 'Path leaves its place',
    message: (d) => `${d.path}: ${d.detail}.`,
    why: 'Files of the project stay below the folder of the config, and files of the image below its root.',
    fix: 'Use a path without `..` that stays inside.',
    exit: 2,
  }),
  MLC2110: entry<{ missing: string; owner: string }>({
    title: 'Capability missing',
    message: (d) => `${d.owner} needs ${d.missing}, and no plugin of the config provides it.`,
    why: 'A contribution depends on something that another plugin brings.',
    fix: 'Add the plugin that provides it.',
    exit: 2,
  }),
  MLC2111: entry<{ file: string; detail: string }>({
    title: 'Not a plan',
    message: (d) => `${d.file} is not a plan of this version: ${d.detail}.`,
    why: 'A frozen plan must be the output of `mlcontainer plan --json`.',
    fix: 'Write it again with this version: `mlcontainer plan --json > plan.json`.',
    exit: 2,
  }),
  MLC2112: entry<{ path: string; expected: string; actual: string }>({
    title: 'File changed since the plan',
    message: (d) => `${d.path} has sha256 ${d.actual}; the plan was made for ${d.expected}.`,
    why: 'A plan names every file by its hash.',
    fix: 'Make the plan again, or restore the file.',
    exit: 2,
  }),
  MLC2201: entry<{ file: string }>({
    title: 'No lock',
    message: (d) => `--frozen needs ${d.file}, and it does not exist.`,
    why: 'A frozen build takes every input from the lock and decides nothing.',
    fix: 'Run `mlcontainer lock` and commit the file.',
    exit: 2,
  }),
  MLC2202: entry<{ file: string; drift: readonly string[] }>({
    title: 'Lock is stale',
    message: (d) =>
      `${d.file} does not fit the plan:\n${d.drift.map((p) => `  - ${p}`).join('\n')}`,
    why: 'A frozen build must not resolve anything anew.',
    fix: 'Run `mlcontainer lock` and commit the result.',
    exit: 2,
  }),
  MLC2203: entry<{ file: string; detail: string }>({
    title: 'Not a lock',
    message: (d) => `${d.file} cannot be read as a lock: ${d.detail}.`,
    why: 'The lock is written by the tool; somebody or a merge changed it.',
    fix: 'Restore it from version control, or delete it and run `mlcontainer lock`.',
    exit: 2,
  }),
  MLC2301: entry<{ layer: string; expected: string; actual: string }>({
    title: 'Layer differs from the lock',
    message: (d) => `${d.layer} came out as ${d.actual}; the lock says ${d.expected}.`,
    why: 'A layer is a function of its inputs; the same recipe must give the same bytes.',
    fix: 'Report this with both build.json files; `mlcontainer lock --update` accepts the new bytes.',
  }),
  MLC2302: entry<{ folder: string }>({
    title: 'Another build is writing here',
    message: (d) => `Another build holds ${d.folder}.`,
    why: 'Two builds would write the same output folder.',
    fix: 'Wait for it, or give this one another --out.',
    exit: 75,
  }),
  MLC2303: entry<{ layer: string; detail: string }>({
    title: 'Layer worker failed',
    message: (d) => `The worker that made ${d.layer} ended: ${d.detail}.`,
    why: 'A thread of the builder stopped before its layer was done.',
    fix: 'If memory is short, set MLCONTAINER_JOBS=1; otherwise report it with --debug output.',
  }),
  MLC2304: entry<{ layers: number; budget: number }>({
    title: 'Too many layers',
    message: (d) => `The image would have ${d.layers} layers; the budget is ${d.budget}.`,
    why: 'Engines mount every layer, and some refuse more than about 120.',
    fix: 'Leave out requirements; small wheels are joined already.',
  }),
};
