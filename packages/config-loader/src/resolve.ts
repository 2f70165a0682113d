import { basename, isAbsolute, relative, sep } from 'node:path';
import {
  debian,
  type AllowedGlobal,
  type Base,
  type PlatformName,
  type Plugin,
  type RegistriesConfig,
  type RegistryOptions,
  type RunStep,
} from '@mlcontainer/plugin-kit';
import { safeName } from './hints.ts';
import type { CheckedConfig } from './schema.ts';

/** A config with its defaults filled in. Paths are relative to its folder, with `/` between their parts. */
export interface ResolvedConfig {
  readonly name: string;
  readonly model: {
    readonly path: string;
    readonly allow: readonly AllowedGlobal[];
    /** Hex SHA-256. */
    readonly sha256?: string;
    readonly artifact?: 'beside' | 'instead';
  };
  /** Flat, awaited, without the falsy ones; objects, of which the core checks that they are plugins. */
  readonly plugins: readonly Plugin[];
  readonly base: Base;
  readonly platforms: readonly PlatformName[];
  /** PEP 508 strings, or the path of a requirements file. */
  readonly requirements: readonly string[] | string;
  readonly sdists?: readonly string[];
  readonly handler?: string;
  readonly include: readonly string[];
  readonly run?: readonly RunStep[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly registries?: RegistriesConfig;
  readonly bytecode: boolean;
  readonly trim: boolean;
  readonly compression: 'gzip-members' | 'gzip' | 'zstd';
  readonly server: { readonly port: number; readonly workers?: number };
}

/** What a config means where it says nothing. */
const DEFAULTS = {
  plugins: [],
  platforms: ['linux/amd64'],
  requirements: [],
  include: [],
  env: {},
  labels: {},
  bytecode: true,
  trim: true,
  compression: 'gzip-members',
} as const;

/** Fills the defaults of `UserConfig` in. */
export function resolveConfig(config: CheckedConfig, root: string): ResolvedConfig {
  const path = (value: string) => projectPath(root, value);
  const { handler, requirements, run, registries, ...rest } = {
    ...DEFAULTS,
    ...withoutUndefined(config),
  };
  const { workers, port = 8080 } = config.server ?? {};
  return {
    ...rest,
    name: config.name ?? (safeName(basename(root)) || 'model'),
    model: resolveModel(config.model, path),
    plugins: rest.plugins as readonly Plugin[],
    base: resolveBase(config.base, path),
    requirements: typeof requirements === 'string' ? path(requirements) : requirements,
    ...(handler === undefined ? {} : { handler: path(handler) }),
    include: rest.include.map(path),
    ...(run === undefined ? {} : { run: run.map(resolveStep) }),
    ...(registries === undefined ? {} : { registries: resolveRegistries(registries, path) }),
    server: { port, ...(workers === undefined ? {} : { workers }) },
  };
}

function resolveRegistries(
  registries: NonNullable<CheckedConfig['registries']>,
  path: (value: string) => string,
): RegistriesConfig {
  const resolved = Object.entries(registries).map(([host, options]) => {
    const { ca, clientCert, ...rest } = withoutUndefined(options);
    const files = {
      ...(ca === undefined ? {} : { ca: path(ca) }),
      ...(clientCert === undefined
        ? {}
        : { clientCert: { cert: path(clientCert.cert), key: path(clientCert.key) } }),
    };
    return [host, { ...rest, ...files } satisfies RegistryOptions] as const;
  });
  return Object.fromEntries(resolved);
}

/** A line alone is a step with no more to say. */
function resolveStep(step: NonNullable<CheckedConfig['run']>[number]): RunStep {
  return withoutUndefined(typeof step === 'string' ? { command: step } : step);
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** A key that is undefined is left out, so that a default stands in its place. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** An absolute path becomes relative, because a plan names no path of one machine. */
function projectPath(root: string, value: string): string {
  const path = isAbsolute(value) ? relative(root, value) : value;
  return path.split(sep).join('/');
}

function resolveModel(model: CheckedConfig['model'], path: (value: string) => string) {
  if (typeof model === 'string') return { path: path(model), allow: [] };
  const { sha256, artifact, allow = [] } = model;
  return {
    ...{ path: path(model.path), allow },
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(artifact === undefined ? {} : { artifact }),
  };
}

function resolveBase(base: CheckedConfig['base'], path: (value: string) => string): Base {
  if (base === undefined) return debian();
  if (base.kind === 'image') return base;
  const { scripts, mirror, keyring, ...rest } = base;
  return {
    ...rest,
    ...(scripts === undefined ? {} : { scripts }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(keyring === undefined ? {} : { keyring: path(keyring) }),
  };
}
