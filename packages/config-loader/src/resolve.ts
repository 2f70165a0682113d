import { basename, isAbsolute, relative, sep } from 'node:path';
import {
  debian,
  type AllowedGlobal,
  type Base,
  type PlatformName,
  type Plugin,
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
  };
  /** Flat, awaited, without the falsy ones; objects, of which the core checks that they are plugins. */
  readonly plugins: readonly Plugin[];
  readonly base: Base;
  readonly platforms: readonly PlatformName[];
  /** PEP 508 strings, or the path of a requirements file. */
  readonly requirements: readonly string[] | string;
  readonly handler?: string;
  readonly include: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly bytecode: boolean;
  readonly trim: boolean;
  readonly compression: 'gzip-members' | 'gzip' | 'zstd';
  readonly server: { readonly port: number; readonly workers?: number };
}

/** Fills the defaults of `UserConfig` in. */
export function resolveConfig(config: CheckedConfig, root: string): ResolvedConfig {
  const { handler, image, server, requirements = [] } = config;
  const path = (value: string) => projectPath(root, value);
  return {
    name: config.name ?? (safeName(basename(root)) || 'model'),
    model: resolveModel(config.model, path),
    plugins: (config.plugins ?? []) as readonly Plugin[],
    base: resolveBase(config.base, path),
    platforms: config.platforms ?? ['linux/amd64'],
    requirements: typeof requirements === 'string' ? path(requirements) : requirements,
    ...(handler === undefined ? {} : { handler: path(handler) }),
    include: (config.include ?? []).map(path),
    env: config.env ?? {},
    labels: config.labels ?? {},
    ...(image === undefined ? {} : { image }),
    bytecode: config.bytecode ?? true,
    trim: config.trim ?? true,
    compression: config.compression ?? 'gzip-members',
    server: {
      port: server?.port ?? 8080,
      ...(server?.workers === undefined ? {} : { workers: server.workers }),
    },
  };
}

/** An absolute path becomes relative, because a plan names no path of one machine. */
function projectPath(root: string, value: string): string {
  const path = isAbsolute(value) ? relative(root, value) : value;
  return path.split(sep).join('/');
}

function resolveModel(model: CheckedConfig['model'], path: (value: string) => string) {
  if (typeof model === 'string') return { path: path(model), allow: [] };
  const { sha256, allow = [] } = model;
  return { path: path(model.path), allow, ...(sha256 === undefined ? {} : { sha256 }) };
}

function resolveBase(base: CheckedConfig['base'], path: (value: string) => string): Base {
  if (base === undefined) return debian();
  if (base.kind === 'image') return base;
  const { mirror, keyring, ...rest } = base;
  return {
    ...rest,
    ...(mirror === undefined ? {} : { mirror }),
    ...(keyring === undefined ? {} : { keyring: path(keyring) }),
  };
}
