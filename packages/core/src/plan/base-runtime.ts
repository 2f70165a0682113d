import type { ConfigJson } from '@mlcontainer/oci';
import type { Decision, PinnedBase, PlannedBase, PlannedImageBase } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { firstImage, pythonOf } from './base.ts';

/** What a base means for the container that is started from the image. */
export interface BaseRuntime {
  /** The environment before plugins, targets and the user add to it. */
  readonly env: Readonly<Record<string, string>>;
  /** What was taken over from the base, and what was not. */
  readonly decisions: readonly Decision[];
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const PYTHON_ENV = { PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' } as const;

const DEBIAN_ENV = {
  PATH,
  LANG: 'C.UTF-8',
  HOME: '/home/nonroot',
  SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  ...PYTHON_ENV,
} as const;

/** Environment and decisions of a base; of a foreign one, after its own configuration. */
export async function baseRuntime(cx: EngineContext, base: PlannedBase): Promise<BaseRuntime> {
  if (base.kind === 'debian') return { env: DEBIAN_ENV, decisions: [] };
  const { sourceOf } = await import('../base/stage.ts');
  const { baseConfiguration } = await import('../base/pin.ts');
  const image = firstImage(base);
  const configuration = await baseConfiguration(cx, sourceOf(cx, base), image);
  warnOfLibraries(cx, base);
  return {
    env: imageEnv(base, image, configuration),
    decisions: [...pinDecisions(base), ...configDecisions(base, configuration)],
  };
}

/** Not every set of wheels needs them, so it is no error; but where one does, the server ends at its first import. */
function warnOfLibraries(cx: EngineContext, { reference, images }: PlannedImageBase): void {
  const missing = [...new Set(images.flatMap(({ facts }) => facts.missingLibraries))];
  if (missing.length === 0) return;
  const message = `the base ${reference} lacks ${missing.join(', ')}, which many wheels need`;
  cx.host.notify({ code: 'warning', message });
}

/**
 * The base's environment with what the server needs. Our packages come before the base's, by PYTHONPATH; an account
 * without a home of its own gets one that every image has, and a name, which Python's getpass asks for.
 */
function imageEnv(
  base: PlannedImageBase,
  { facts }: PinnedBase,
  configuration: ConfigJson,
): Record<string, string> {
  const own = envOf(configuration);
  const { site, bin } = pythonOf(base);
  const { account, caBundle } = facts;
  return {
    LANG: 'C.UTF-8',
    ...(caBundle !== undefined && { SSL_CERT_FILE: caBundle }),
    ...own,
    PATH: `${bin}:${own['PATH'] ?? PATH}`,
    HOME: account?.home ?? '/tmp',
    USER: account?.name ?? 'nonroot',
    ...PYTHON_ENV,
    PYTHONPATH: [site, ...(own['PYTHONPATH'] ? [own['PYTHONPATH']] : [])].join(':'),
  };
}

function envOf({ config }: ConfigJson): Record<string, string> {
  const pairs = (config?.Env ?? []).map((line): [string, string] => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== ''));
}

function pinDecisions(base: PlannedImageBase): readonly Decision[] {
  return base.images.flatMap(({ platform, manifest, facts }): Decision[] => {
    const { python, system, glibc, distributions } = facts;
    const subject = `base.${platform.architecture}`;
    const layers = distributions.length === 0 ? 'none' : distributions.join(', ');
    return [
      {
        subject,
        value: manifest.digest,
        owner: 'user',
        reason: `named by the config as ${base.reference}; ${system}, glibc ${glibc}`,
      },
      {
        subject: `${subject}.python`,
        value: `${python.executable} ${python.version}`,
        owner: 'core',
        reason: python.evidence.join('; '),
      },
      {
        subject: `${subject}.distributions`,
        value: layers,
        owner: 'core',
        reason: 'the base has them already; those of the lock come first',
      },
    ];
  });
}

/** Parts of a configuration that an image built on it does not get (Docker's and OCI's config.md). */
interface MoreConfig {
  readonly OnBuild?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, unknown>> | null;
  readonly Healthcheck?: unknown;
}

function configDecisions(
  { reference }: PlannedImageBase,
  { config = {} }: ConfigJson,
): readonly Decision[] {
  const { OnBuild, Volumes, Healthcheck } = config as MoreConfig;
  const left = (what: string, value: string, reason: string): Decision => {
    return { subject: `base.config.${what}`, value, owner: 'core', reason };
  };
  const volumes = Object.keys(Volumes ?? {});
  return [
    left('env', (config.Env ?? []).join(' '), `taken over from ${reference}`),
    ...((OnBuild ?? []).length === 0
      ? []
      : [
          left('onbuild', 'not run', `ONBUILD steps need a builder: ${(OnBuild ?? []).join('; ')}`),
        ]),
    ...(volumes.length === 0
      ? []
      : [left('volumes', 'left out', `the server writes nowhere: ${volumes.join(', ')}`)]),
    ...(Healthcheck === undefined || Healthcheck === null
      ? []
      : [left('healthcheck', 'left out', 'the server has probes of its own')]),
  ];
}
