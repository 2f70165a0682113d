import { mlcError } from '@mlcontainer/plugin-kit';
import { readAptSources, type AptSource } from './apt-sources.ts';
import type { ArchiveName, Mirror, MirrorSettings } from './settings.ts';

/** What the choice of mirrors depends on. */
export interface MirrorOptions {
  /** Base URL of the main archive that the config names. */
  readonly configured?: string;
  /** The environment; of it are read MLCONTAINER_DEBIAN_{MIRROR,SECURITY_MIRROR,UPDATES,SNAPSHOT,ACCEPT_EXPIRED}. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `/etc/apt` when left out. */
  readonly aptFolder?: string;
}

const SUITES =
  /^(?:bullseye|bookworm|trixie|forky|duke|oldoldstable|oldstable|stable|testing)(-updates|-security)?(?:\/updates)?$/;

/**
 * Decides where packages come from, and says who decided: the config's mirror, MLCONTAINER_DEBIAN_MIRROR, the
 * machine's own apt sources, else the snapshot service that MLCONTAINER_DEBIAN_SNAPSHOT names; no host is built in. The
 * security archive is named by MLCONTAINER_DEBIAN_SECURITY_MIRROR, else found the same way; beside a mirror `…/debian`
 * it is `…/debian-security`. Versions that are gone from a mirror come from that service, where it is named.
 * Throws MLC4014.
 */
export async function debianMirrors(options: MirrorOptions): Promise<MirrorSettings> {
  const { env } = options;
  const named = namedMirror(options);
  const apt = named === undefined ? await aptMirrors(options.aptFolder ?? '/etc/apt') : undefined;
  const service = snapshotServiceOf(env);
  const debian = named ?? apt?.debian ?? snapshotMirror(service, 'debian');
  return {
    debian,
    security: securityMirror(env, debian, apt?.security, service),
    updates: env['MLCONTAINER_DEBIAN_UPDATES'] !== 'none',
    snapshotService: service,
    acceptExpired: env['MLCONTAINER_DEBIAN_ACCEPT_EXPIRED'] === '1',
  };
}

function namedMirror({ configured, env }: MirrorOptions): Mirror | undefined {
  if (configured !== undefined) return mirror(configured, 'config', 'base.mirror');
  const variable = 'MLCONTAINER_DEBIAN_MIRROR';
  const value = env[variable];
  return value ? mirror(value, 'environment', variable) : undefined;
}

function securityMirror(
  env: MirrorOptions['env'],
  debian: Mirror | undefined,
  apt: Mirror | undefined,
  service: string | undefined,
): Mirror | undefined {
  const variable = 'MLCONTAINER_DEBIAN_SECURITY_MIRROR';
  const value = env[variable];
  if (value === 'none') return undefined;
  if (value) return mirror(value, 'environment', variable);
  if (debian === undefined) return apt;
  if (debian.source === 'snapshot') return snapshotMirror(service, 'debian-security');
  if (debian.source === 'apt' && apt !== undefined) return apt;
  const url = debian.url.endsWith('/debian') ? `${debian.url}-security` : debian.url;
  return { ...debian, url, detail: `beside ${debian.detail}` };
}

/** The best Debian mirror of the machine's apt sources for each archive, if it has one. */
async function aptMirrors(folder: string): Promise<{ debian?: Mirror; security?: Mirror }> {
  const sources = (await readAptSources(folder))
    .filter(isDebian)
    .toSorted((a, b) => rank(a) - rank(b));
  const debian = sources.find((source) => !source.suite.includes('-security'));
  const security = sources.find((source) => source.suite.includes('-security'));
  return {
    ...(debian && { debian: mirror(debian.uri, 'apt', debian.file) }),
    ...(security && { security: mirror(security.uri, 'apt', security.file) }),
  };
}

/** Others name their suites after Debian's too, so an entry signed by a key of their own is none of Debian's. */
function isDebian(source: AptSource): boolean {
  const foreign = source.signedBy !== undefined && !source.signedBy.includes('debian-archive');
  const fetchable = /^(?:https?|file):\/\//.test(source.uri);
  return SUITES.test(source.suite) && source.components.includes('main') && fetchable && !foreign;
}

function rank(source: AptSource): number {
  const named = source.signedBy?.includes('debian-archive') === true;
  const shaped = /\/debian(?:-security)?\/?$/.test(source.uri);
  return (named ? 0 : 2) + (shaped ? 0 : 1);
}

function snapshotServiceOf(env: MirrorOptions['env']): string | undefined {
  const variable = 'MLCONTAINER_DEBIAN_SNAPSHOT';
  const value = env[variable];
  if (!value || value === 'off' || value === 'none') return undefined;
  return mirror(value, 'environment', variable).url;
}

function snapshotMirror(service: string | undefined, archive: ArchiveName): Mirror | undefined {
  if (service === undefined) return undefined;
  return {
    url: `${service}/archive/${archive}`,
    source: 'snapshot',
    detail: 'MLCONTAINER_DEBIAN_SNAPSHOT',
  };
}

function mirror(text: string, source: Mirror['source'], detail: string): Mirror {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault = faultOf(url);
  if (fault !== undefined)
    throw mlcError('MLC4014', { url: shown(url, text), source: detail, detail: fault });
  return { url: text.replace(/\/+$/, ''), source, detail };
}

function shown(url: URL | undefined, text: string): string {
  return url === undefined
    ? text.replace(/\/\/[^/]*@/, '//')
    : `${url.protocol}//${url.host}${url.pathname}`;
}

function faultOf(url: URL | undefined): string | undefined {
  if (url === undefined) return 'no URL';
  if (!['http:', 'https:', 'file:'].includes(url.protocol)) return `the scheme ${url.protocol}`;
  return url.search !== '' || url.hash !== '' ? 'a query or a fragment' : undefined;
}
