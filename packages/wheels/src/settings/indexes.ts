import { mlcError } from '@mlcontainer/plugin-kit';
import type { Env, PipOption } from './pip.ts';
import { place, type Place } from './secret.ts';
import type { Setting } from './setting.ts';
import { truthy, type UvFile, type UvIndex, uvIndexes, uvValue } from './uv.ts';
import { boolean, localOrUrl, words } from './values.ts';

/** One index of the simple repository API (PEP 503, PEP 691). */
export interface IndexPlace extends Place {
  /** uv's name for it. */
  readonly name?: string;
  /** Only for packages that uv's configuration pins to it. */
  readonly explicit?: boolean;
}

/** The places to look for wheels, in the order of search: find-links beside all, extra indexes, the default index last. */
export interface IndexSettings {
  readonly extraIndexes: readonly Setting<IndexPlace>[];
  /** Undefined where nothing is configured: then uv's and pip's own default counts. */
  readonly defaultIndex?: Setting<IndexPlace>;
  /** Folders (absolute) and pages with links. */
  readonly findLinks: readonly Setting<Place>[];
  /** True: no index at all, find-links only. */
  readonly noIndex: Setting<boolean>;
}

/** What the settings are made of. */
export interface IndexSources {
  readonly pip: ReadonlyMap<string, PipOption>;
  readonly uv: readonly UvFile[];
  readonly env: Env;
  readonly cwd: string;
}

interface Ignored {
  readonly name: string;
  readonly source: string;
  readonly reason: string;
}

/** Merges pip's and uv's ideas of where wheels come from. What uv sets itself counts before what pip sets. */
export function indexSettings(from: IndexSources): { settings: IndexSettings; ignored: Ignored[] } {
  const uv = uvPlaces(from);
  const pip = pipPlaces(from);
  const ignored: Ignored[] = [];
  const choose = <T>(name: string, own: readonly Setting<T>[], other: readonly Setting<T>[]) => {
    if (own.length === 0) return other;
    const reason = `uv's own configuration decides (${own[0]?.source})`;
    if (other[0]) ignored.push({ name, source: other[0].source, reason });
    return own;
  };
  const [defaultIndex] = choose('index-url', uv.defaults.slice(0, 1), pip.defaults);
  const settings: IndexSettings = {
    extraIndexes: choose('extra-index-url', uv.extras, pip.extras),
    ...(defaultIndex ? { defaultIndex } : {}),
    findLinks: choose('find-links', uv.findLinks, pip.findLinks),
    noIndex: uv.noIndex ?? pip.noIndex ?? { value: false, source: 'default' },
  };
  return { settings, ignored };
}

function pipPlaces({ pip, cwd }: IndexSources) {
  const noIndex = pip.get('no-index');
  return {
    defaults: words(pip.get('index-url')).slice(0, 1).map(toIndex),
    extras: words(pip.get('extra-index-url')).map(toIndex),
    findLinks: words(pip.get('find-links')).map(({ value, source }) => ({
      value: place(localOrUrl(value, cwd)),
      source,
    })),
    noIndex: noIndex && { value: boolean(noIndex), source: noIndex.source },
  };
}

function toIndex({ value, source }: Setting<string>): Setting<IndexPlace> {
  if (!URL.canParse(value)) {
    throw mlcError('MLC5003', {
      source,
      detail: `${JSON.stringify(value)} is not the URL of an index`,
    });
  }
  return { value: place(value), source };
}

function uvPlaces({ uv, env, cwd }: IndexSources) {
  const tables = uvIndexes(uv).map((index) => fromTable(index, env, cwd));
  const configured = tables.map(({ setting }) => setting);
  const listed = uvValue(uv, 'extra-index-url');
  const single = uvValue(uv, 'index-url');
  const links = uvValue(uv, 'find-links');
  return {
    defaults: [
      ...fromEnv(env, 'UV_DEFAULT_INDEX'),
      ...fromEnv(env, 'UV_INDEX_URL'),
      ...configured.filter((_, at) => tables[at]?.isDefault),
      ...fromList(single?.value, single?.source).map(toUvIndex),
    ],
    extras: [
      ...fromEnv(env, 'UV_INDEX'),
      ...fromEnv(env, 'UV_EXTRA_INDEX_URL'),
      ...configured.filter((_, at) => !tables[at]?.isDefault),
      ...fromList(listed?.value, listed?.source).map(toUvIndex),
    ],
    findLinks: [
      ...(env['UV_FIND_LINKS'] ?? '')
        .split(',')
        .filter(Boolean)
        .map((value) => ({ value, source: 'UV_FIND_LINKS' })),
      ...fromList(links?.value, links?.source),
    ].map(({ value, source }) => ({ value: place(localOrUrl(value, cwd)), source, uv: true })),
    noIndex: uvNoIndex(env, uvValue(uv, 'no-index')),
  };
}

function uvNoIndex(
  env: Env,
  configured: { value: unknown; source: string } | undefined,
): Setting<boolean> | undefined {
  if (env['UV_NO_INDEX'])
    return { value: truthy(env['UV_NO_INDEX']), source: 'UV_NO_INDEX', uv: true };
  return configured && { value: configured.value === true, source: configured.source, uv: true };
}

/** `name=url` or `url`, several separated by white space (uv's UV_INDEX and its kin). */
function fromEnv(env: Env, variable: string): Setting<IndexPlace>[] {
  return words({ value: env[variable], source: variable }).map(({ value, source }) => {
    const match = /^([\w.-]+)=(.+)$/s.exec(value);
    const { setting } = fromTable(
      {
        ...(match?.[1] ? { name: match[1] } : {}),
        url: match?.[2] ?? value,
        isDefault: false,
        explicit: false,
        source,
      },
      env,
      '/',
    );
    return setting;
  });
}

function fromList(value: unknown, source = ''): Setting<string>[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.filter((item) => typeof item === 'string').map((item) => ({ value: item, source }));
}

function toUvIndex(setting: Setting<string>): Setting<IndexPlace> {
  return { ...toIndex(setting), uv: true };
}

/** uv keeps the credentials of a named index in UV_INDEX_<NAME>_USERNAME and _PASSWORD. */
function fromTable(index: UvIndex, env: Env, cwd: string) {
  const address = localOrUrl(index.url, cwd);
  const url = address.startsWith('/') ? `file://${address}` : address;
  const key = index.name?.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  const user = key && env[`UV_INDEX_${key}_USERNAME`];
  const password = key && env[`UV_INDEX_${key}_PASSWORD`];
  const { value, source } = toIndex({ value: withUser(url, user, password), source: index.source });
  const setting: Setting<IndexPlace> = {
    value: {
      ...value,
      ...(index.name ? { name: index.name } : {}),
      ...(index.explicit ? { explicit: true } : {}),
    },
    source,
    uv: true,
  };
  return { setting, isDefault: index.isDefault };
}

function withUser(address: string, user: string | undefined, password: string | undefined): string {
  if ((!user && !password) || !URL.canParse(address)) return address;
  const url = new URL(address);
  url.username = encodeURIComponent(user ?? '');
  url.password = encodeURIComponent(password ?? '');
  return url.href;
}
