import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { indexSettings, type IndexSettings } from './indexes.ts';
import { type Env, pipConfigFiles, pipOptions, type PipOption } from './pip.ts';
import { place, type Place, type Secret, secret } from './secret.ts';
import type { Setting } from './setting.ts';
import { uvFiles, uvValue } from './uv.ts';
import { addresses, flag, localPath, oneOf, words } from './values.ts';

/** How several indexes are searched (uv documentation, "Searching across multiple indexes"). */
export const INDEX_STRATEGIES = ['first-index', 'unsafe-first-match', 'unsafe-best-match'] as const;
/** How several indexes that carry one package are weighed, by uv’s names. */
export type IndexStrategy = (typeof INDEX_STRATEGIES)[number];

/** Where Python packages come from, as pip's and uv's configuration say; each value with its source. */
export interface PythonSettings extends IndexSettings {
  /** Constraint files: absolute paths or URLs. */
  readonly constraints: readonly Setting<string>[];
  readonly indexStrategy: Setting<IndexStrategy>;
  /** PEM file of trusted authorities. */
  readonly caFile?: Setting<string>;
  /** PEM file with certificate and key. */
  readonly clientCert?: Setting<string>;
  readonly trustedHosts: readonly Setting<string>[];
  /** Seconds. */
  readonly timeout?: Setting<number>;
  readonly proxy?: Setting<Place>;
  readonly netrc?: Setting<string>;
  /** Options that are set and have no effect here, with the reason. */
  readonly ignored: readonly {
    readonly name: string;
    readonly source: string;
    readonly reason: string;
  }[];
  /** The folder that relative paths and uv's project configuration belong to. */
  readonly cwd: string;
  /** The environment that was read, for uv and pip, which read theirs from it; never printed. */
  readonly env: Secret<Env>;
}

/** What `pythonSettings` looks at. */
export interface SettingsRequest {
  readonly env: Env;
  /** The project's folder, absolute. */
  readonly cwd: string;
  /** The user's home; HOME, then the system's idea of it when left out. */
  readonly home?: string;
  /** pip's configuration files in place of the machine's. */
  readonly files?: readonly string[];
}

/** Options of pip that decide what is installed and mean nothing for locked wheels, or belong elsewhere. */
const IGNORED: Readonly<Record<string, string>> = {
  'keyring-provider':
    'credentials come from netrc or the URL; uv asks a keyring when its own configuration says so',
  'no-binary': 'only wheels are laid into layers',
  'require-hashes': 'every wheel is locked by its hash anyway',
  pre: 'write the pre-release into the requirement, or set UV_PRERELEASE',
  requirement: 'requirements stand in the config',
};

/**
 * Reads pip's configuration (files, `PIP_*`), uv's (uv.toml, pyproject, `UV_*`) and the place of netrc. Where both
 * say where packages come from, uv's own word counts, since uv resolves. Throws MLC5003 on what it cannot read.
 */
export async function pythonSettings(request: SettingsRequest): Promise<PythonSettings> {
  const { env, cwd } = request;
  const home = request.home ?? homeOf(env);
  const pip = await pipOptions(request.files ?? (await pipConfigFiles(env, home)), env);
  const uv = await uvFiles(env, cwd, home);
  const caFile = caFileOf(pip, env, cwd);
  const netrc = await netrcOf(env, home);
  const indexes = indexSettings({ pip, uv, env, cwd });
  const clientCert = pip.get('client-cert');
  const timeout = timeoutOf(pip, env);
  const proxy = pip.get('proxy');
  return {
    ...indexes.settings,
    cwd,
    env: secret(env),
    constraints: constraintsOf(pip, env, cwd),
    indexStrategy: strategyOf(env, uvValue(uv, 'index-strategy')),
    ...(caFile ? { caFile } : {}),
    ...(clientCert
      ? { clientCert: { value: localPath(clientCert.value, cwd), source: clientCert.source } }
      : {}),
    trustedHosts: trustedHostsOf(pip, env),
    ...(timeout ? { timeout } : {}),
    ...(proxy ? { proxy: { value: place(proxy.value), source: proxy.source } } : {}),
    ...(netrc ? { netrc } : {}),
    ignored: [...ignoredOf(pip), ...indexes.ignored],
  };
}

function homeOf(env: Env): string | undefined {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function caFileOf(
  pip: ReadonlyMap<string, PipOption>,
  env: Env,
  cwd: string,
): Setting<string> | undefined {
  const cert = pip.get('cert');
  if (cert) return { value: localPath(cert.value, cwd), source: cert.source };
  for (const name of ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE']) {
    const value = env[name];
    if (value) return { value: localPath(value, cwd), source: name };
  }
  return undefined;
}

function constraintsOf(
  pip: ReadonlyMap<string, PipOption>,
  env: Env,
  cwd: string,
): Setting<string>[] {
  const files = [
    ...addresses(pip.get('constraint'), cwd),
    ...addresses(variable(env, 'UV_CONSTRAINT'), cwd),
  ];
  for (const { value, source } of files) {
    // It would stand on uv's command line, which every user of the machine can read.
    if (place(value).full === undefined) continue;
    const detail = 'a constraints URL may hold no credentials; put them into netrc';
    throw mlcError('MLC5003', { source, detail });
  }
  return files;
}

function variable(env: Env, name: string): PipOption | undefined {
  const value = env[name];
  return value ? { value, source: name } : undefined;
}

function strategyOf(
  env: Env,
  configured: { value: unknown; source: string } | undefined,
): Setting<IndexStrategy> {
  const found = variable(env, 'UV_INDEX_STRATEGY') ?? configured;
  if (!found) return { value: 'first-index', source: 'default' };
  return { value: oneOf(INDEX_STRATEGIES, found), source: found.source };
}

function trustedHostsOf(pip: ReadonlyMap<string, PipOption>, env: Env): Setting<string>[] {
  return [...words(pip.get('trusted-host')), ...words(variable(env, 'UV_INSECURE_HOST'))];
}

function timeoutOf(pip: ReadonlyMap<string, PipOption>, env: Env): Setting<number> | undefined {
  const found = variable(env, 'UV_HTTP_TIMEOUT') ?? pip.get('timeout');
  const seconds = Number(found?.value);
  return found && Number.isFinite(seconds) && seconds > 0
    ? { value: seconds, source: found.source }
    : undefined;
}

async function netrcOf(env: Env, home: string | undefined): Promise<Setting<string> | undefined> {
  const named = env['NETRC'];
  const path = named || (home === undefined ? undefined : join(home, '.netrc'));
  if (path === undefined) return undefined;
  const there = await access(path).then(
    () => true,
    () => false,
  );
  return there ? { value: path, source: named ? 'NETRC' : 'home folder' } : undefined;
}

function ignoredOf(pip: ReadonlyMap<string, PipOption>): PythonSettings['ignored'] {
  return Object.entries(IGNORED).flatMap(([name, reason]) => {
    const option = pip.get(name);
    return option && flag(option.value) !== false ? { name, source: option.source, reason } : [];
  });
}
