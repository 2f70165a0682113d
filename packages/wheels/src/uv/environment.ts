import { addressOf } from '../settings/secret.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { definedEnv } from '../simple/default-index.ts';

/** Variables that would make uv resolve for something else than what is asked. */
const REMOVED = [
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'UV_PYTHON',
  'UV_SYSTEM_PYTHON',
  'UV_CONSTRAINT',
  'UV_OVERRIDE',
];

/**
 * The environment for uv: the user's own, with pip's settings translated where uv has none of its own. Addresses go
 * here and not onto the command line, since any user can read that and they may hold passwords.
 */
export function uvEnvironment(settings: PythonSettings): Record<string, string> {
  const result = definedEnv(settings.env.reveal());
  // uv takes an empty variable for a wrong value.
  for (const name of Object.keys(result))
    if (name.startsWith('UV_') && result[name] === '') delete result[name];
  for (const name of REMOVED) delete result[name];
  const set = (name: string, value: string | undefined) => {
    if (value && !result[name]) result[name] = value;
  };
  const foreign = settings.extraIndexes
    .filter((index) => !index.uv)
    .map((index) => addressOf(index.value));
  set('UV_INDEX', foreign.join(' '));
  if (settings.defaultIndex && !settings.defaultIndex.uv)
    set('UV_DEFAULT_INDEX', addressOf(settings.defaultIndex.value));
  const secretLinks = settings.findLinks.filter((links) => !links.uv);
  if (secretLinks.some((links) => links.value.full)) {
    set('UV_FIND_LINKS', secretLinks.map((links) => addressOf(links.value)).join(','));
  }
  set('UV_INDEX_STRATEGY', settings.indexStrategy.value);
  set('UV_INSECURE_HOST', settings.trustedHosts.map((host) => host.value).join(' '));
  set('SSL_CERT_FILE', settings.caFile?.value);
  set('SSL_CLIENT_CERT', settings.clientCert?.value);
  set('UV_HTTP_TIMEOUT', settings.timeout ? String(settings.timeout.value) : undefined);
  const proxy = settings.proxy && addressOf(settings.proxy.value);
  set('HTTPS_PROXY', proxy);
  set('HTTP_PROXY', proxy);
  result['UV_PYTHON_DOWNLOADS'] = 'never';
  result['UV_NO_PROGRESS'] = '1';
  result['NO_COLOR'] = '1';
  return result;
}

/** Options of `uv pip compile` for what has no variable of its own: find-links, constraints, no index. */
export function uvPlaces(settings: PythonSettings): string[] {
  const foreign = settings.findLinks.filter((links) => !links.uv);
  const open = foreign.some((links) => links.value.full) ? [] : foreign;
  return [
    ...open.flatMap((links) => ['--find-links', links.value.url]),
    ...settings.constraints.flatMap((file) => ['--constraints', file.value]),
    ...(settings.noIndex.value && !settings.noIndex.uv ? ['--no-index'] : []),
  ];
}
