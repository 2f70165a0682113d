import { probeBuildah, type BuildahProbe } from '@mlcontainer/buildah-wrapper';
import { nodePorts } from '@mlcontainer/node-ports';
import type { Host, Ports } from '@mlcontainer/plugin-kit';
import type { LayerRunner } from './layers/runner.ts';
import { threadedRunner } from './layers/threads.ts';
import { allowedHosts } from './allowed-hosts.ts';
import { once } from './once.ts';
import type { Registries } from './registry/registries.ts';
import type { Bundle } from './vendor/bundle.ts';

/** The environment variables of the process that calls the engine. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What every stage is given: where it runs, its effects, and whom it tells. */
export interface EngineContext {
  readonly cwd: string;
  readonly env: Env;
  readonly ports: Ports;
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly layerRunner: LayerRunner;
  /** How registries are reached; by this machine's own settings when left out. */
  readonly registries?: Registries;
  /** Inputs that were carried in; asked before the network. */
  readonly bundle?: Bundle;
  /** What buildah can do here, found out when it is first asked; found out anew each time when left out. */
  readonly buildah?: () => Promise<BuildahProbe>;
  /** Root of the store as the caller named it, where he did. */
  readonly cacheDir?: string;
  /** Where bundled configs are kept between runs, for this user alone. */
  readonly configCache?: string | undefined;
  /** Where the hosts of the plan are to be the only ones: closes the network to all others. Calls add up. */
  readonly allowHosts?: (hosts: readonly string[]) => void;
  /** Called before work that takes much memory, while nothing is half done yet: it may not return. */
  readonly beforeMuchWork?: (() => void) | undefined;
  /** `import()` of a URL, where the engine runs as code that has none of its own. */
  readonly importModule?: ((url: string) => Promise<object>) | undefined;
}

/** What a host hands to the engine: its surroundings, never looked up by the engine itself. */
export interface ContextOptions {
  readonly cwd: string;
  readonly env: Env;
  readonly host: Host;
  readonly signal: AbortSignal;
  /** No network at all; every input must be in the store. */
  readonly offline?: boolean;
  /** Root of the store; otherwise MLCONTAINER_CACHE_DIR, XDG_CACHE_HOME and so on. */
  readonly cacheDir?: string;
  /** Where bundled configs are kept between runs: what lies there is run, so it is nobody else's to write. */
  readonly configCache?: string | undefined;
  /** Called before work that takes much memory, while nothing is half done yet: it may start the process anew. */
  readonly beforeMuchWork?: (() => void) | undefined;
  /** `import()` of a URL, where the engine runs as code that has none of its own. */
  readonly importModule?: ((url: string) => Promise<object>) | undefined;
}

/** The context of a real run on this machine. */
export function createContext(options: ContextOptions): EngineContext {
  const { cwd, env, host, signal, configCache, beforeMuchWork, importModule } = options;
  const settings = {
    env,
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
  };
  const { hosts, byPlan } = allowedHosts(env);
  const ports = nodePorts({
    ...settings,
    offline: options.offline ?? false,
    ...(hosts === undefined || byPlan ? {} : { allowHosts: hosts }),
  });
  const allowHosts = (planned: readonly string[]): void =>
    ports.http.allow([...planned, ...(hosts ?? [])]);
  const buildah = once(() => probeBuildah({ ports, env, signal }));
  const layerRunner = threadedRunner(settings, ports.store);
  const closing = byPlan ? { allowHosts } : {};
  return {
    ...{ ...settings, cwd, ports, host, signal, configCache, beforeMuchWork },
    ...{ importModule, buildah, layerRunner, ...closing },
  };
}
