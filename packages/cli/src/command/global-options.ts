import type { OptionSpecs } from './types.ts';

/** Options of every command. */
export const globalOptions = {
  help: { type: 'flag', short: 'h', does: 'Show help and examples' },
  cwd: { type: 'text', short: 'C', value: 'folder', does: 'Work as if started there' },
  json: {
    type: 'flag',
    does: 'One JSON document on stdout; events as one JSON object a line on stderr',
  },
  quiet: { type: 'flag', short: 'q', does: 'Say nothing but warnings and errors' },
  'log-level': {
    type: 'text',
    value: 'level',
    choices: ['silent', 'error', 'warn', 'info', 'debug'],
    does: 'How much to say on stderr',
  },
  color: { type: 'flag', does: 'Colours; by default on a terminal, unless NO_COLOR is set' },
  debug: { type: 'flag', does: 'With an error, show its stack and causes' },
} as const satisfies OptionSpecs;

/** Options of commands that read the config. */
export const projectOptions = {
  config: {
    type: 'text',
    short: 'c',
    value: 'file',
    does: 'The config, instead of searching for it',
  },
  mode: {
    type: 'text',
    short: 'm',
    value: 'name',
    does: "Given to the config's function; production when left out",
  },
} as const satisfies OptionSpecs;

/** Options of commands that fetch. */
export const fetchOptions = {
  offline: { type: 'flag', does: 'No network: everything comes from lock and store' },
  'cache-dir': {
    type: 'text',
    value: 'folder',
    does: 'The store, instead of MLCONTAINER_CACHE_DIR',
  },
} as const satisfies OptionSpecs;

export const platformOption = {
  platform: {
    type: 'list',
    short: 'p',
    value: 'os/arch',
    choices: ['linux/amd64', 'linux/arm64'],
    does: "Instead of the config's platforms",
  },
} as const satisfies OptionSpecs;

export const frozenOption = {
  frozen: { type: 'flag', does: 'Resolve nothing: fail when the lock does not fit the plan' },
} as const satisfies OptionSpecs;

export const vendoredOption = {
  vendored: {
    type: 'text',
    value: 'bundle',
    does: 'Take inputs from what `mlcontainer vendor` made: a file, or registry/repository',
  },
} as const satisfies OptionSpecs;
