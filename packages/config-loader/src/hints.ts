import { nearest } from '@mlcontainer/plugin-kit';
import { UNKNOWN_KEY, type RawProblem } from './raw-problem.ts';

/** The keys of each object of a config, by the path of the object; indexes are `*`. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'name',
    'model',
    'plugins',
    'base',
    'platforms',
    'requirements',
    'sdists',
    'handler',
    'include',
    'run',
    'env',
    'labels',
    'image',
    'registries',
    'bytecode',
    'trim',
    'compression',
    'server',
  ],
  model: ['path', 'allow', 'sha256', 'artifact'],
  'model.allow.*': ['global', 'reason'],
  base: ['kind', 'suite', 'packages', 'scripts', 'mirror', 'keyring', 'reference'],
  'run.*': ['command', 'slot', 'network', 'reason'],
  'registries.*': ['plainHttp', 'mirrors', 'ca', 'clientCert', 'credentials'],
  'registries.*.clientCert': ['cert', 'key'],
  'registries.*.credentials': ['usernameEnv', 'passwordEnv'],
  server: ['port', 'workers'],
};

/** Words of other tools, and what they are here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  dependencies: 'Python packages go into `requirements`.',
  packages:
    "Python packages go into `requirements`, Debian packages into `base: debian('bookworm', { packages: [...] })`.",
  pip: 'Python packages go into `requirements`.',
  python: "The base decides the Python: `debian('bookworm')` brings 3.11, `debian('trixie')` 3.13.",
  framework: 'A framework is a plugin: `plugins: [sklearn()]`.',
  target: 'A target is a plugin: `plugins: [cloudRun({ … })]`.',
  targets: 'A target is a plugin: `plugins: [cloudRun({ … })]`.',
  arch: "Write `platforms: ['linux/arm64']`.",
  architecture: "Write `platforms: ['linux/arm64']`.",
  port: 'Write `server: { port: … }`.',
  workers: 'Write `server: { workers: … }`.',
  registry: 'The repository goes into `image`, the tag is given when pushing.',
  repository: 'The repository goes into `image`, the tag is given when pushing.',
  tag: 'The tag is given when pushing; specs refer to the image by its digest.',
  entrypoint: 'The image starts the inference server; your own code goes into `handler`.',
  files: 'More files go into `include`.',
};

const PLATFORM_WORDS: Readonly<Record<string, string>> = {
  amd64: 'linux/amd64',
  x86_64: 'linux/amd64',
  x64: 'linux/amd64',
  'linux/x86_64': 'linux/amd64',
  arm64: 'linux/arm64',
  aarch64: 'linux/arm64',
  'linux/aarch64': 'linux/arm64',
  'linux/arm64/v8': 'linux/arm64',
};

/** What the user most likely wanted to write. */
export function hintFor(problem: RawProblem, value: unknown): string | undefined {
  const last = problem.path.at(-1);
  if (problem.expected === UNKNOWN_KEY) return keyHint(problem.path.slice(0, -1), String(last));
  const [first] = problem.path;
  if (first === 'plugins') return pluginHint(value);
  if (first === 'env' && typeof value !== 'string')
    return 'Environment variables are strings; put the value in quotes.';
  if (first === 'image' && typeof value === 'string') return imageHint(value);
  if (problem.path.join('.') === 'base')
    return "Write `base: debian('bookworm')` or `base: image('registry/repository@sha256:…')`.";
  if (problem.path.join('.') === 'model') return "Write `model: 'path/to/model.joblib'`.";
  return typeof value === 'string' ? valueHint(problem, value) : undefined;
}

/** Whether a step of a path is a key that we gave, no index and no name that the user chose. */
function isNamed(path: readonly (string | number)[], index: number): boolean {
  return typeof path[index] === 'string' && !(index === 1 && path[0] === 'registries');
}

function keyHint(parent: readonly (string | number)[], key: string): string {
  const place = parent.map((step, index) => (isNamed(parent, index) ? step : '*')).join('.');
  const known = KEYS[place] ?? [];
  const near = nearest(key, known);
  if (near.length > 0) return `Did you mean ${near.map((word) => `\`${word}\``).join(' or ')}?`;
  const elsewhere = place === '' ? ELSEWHERE[key] : undefined;
  return elsewhere ?? `Known keys: ${known.join(', ')}.`;
}

function pluginHint(value: unknown): string | undefined {
  if (typeof value === 'function') return `Call it: \`${value.name || 'factory'}()\`.`;
  if (typeof value === 'string')
    return 'Import the plugin and call its factory; plugins are not named by strings.';
  return undefined;
}

function imageHint(value: string): string | undefined {
  if (value.includes('@')) return 'Leave the digest out; specs get it when the image is known.';
  if (/^\w+:\/\//.test(value)) return 'Leave the scheme out.';
  if (/:[^/]+$/.test(value)) return 'Leave the tag out; it is given when pushing.';
  return /[A-Z]/.test(value) ? 'Repository names are in lower case.' : undefined;
}

function valueHint(problem: RawProblem, value: string): string | undefined {
  const known = [...problem.expected.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
  const meant = problem.path[0] === 'platforms' ? PLATFORM_WORDS[value] : undefined;
  const near = meant === undefined ? nearest(value, known) : [meant];
  if (near.length > 0)
    return `Did you mean ${near.map((word) => JSON.stringify(word)).join(' or ')}?`;
  return problem.path[0] === 'name' ? nameHint(value) : undefined;
}

function nameHint(value: string): string | undefined {
  const name = safeName(value);
  return name === '' ? undefined : `For instance ${JSON.stringify(name)}.`;
}

/** A name made from any text: lower case, digits and dashes; empty where nothing is left. */
export function safeName(value: string): string {
  return value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}
