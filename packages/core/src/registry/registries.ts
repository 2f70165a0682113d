import type { RegistryClient } from '@mlcontainer/oras';
import type { RegistriesConfig } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';

/** How a run reaches registries. */
export interface Registries {
  readonly config: RegistriesConfig | undefined;
  /** What paths of the config are relative to. */
  readonly root: string;
  /** The one client of the run, as soon as somebody needs it: its tokens, and what it learns, serve all that follows. */
  client?: RegistryClient;
}

/** A context that reaches registries as a config says. It loads no client: most runs ask no registry. */
export function withRegistries(
  cx: EngineContext,
  config: RegistriesConfig | undefined,
  root: string,
): EngineContext {
  if (cx.registries !== undefined && cx.registries.config === config) return cx;
  return { ...cx, registries: { config, root } };
}
