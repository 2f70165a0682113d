import { loadConfig, type LoadedConfig } from '@mlcontainer/config-loader';
import type { Plugin } from '@mlcontainer/plugin-kit';
import type { EngineContext } from './context.ts';
import { checkPlugins } from './plugins/check.ts';
import { stage } from './stage.ts';

/** A project read and checked: the config with its defaults, and its plugins. */
export interface Project {
  /** The folder of the config; every path of the config is relative to it. */
  readonly root: string;
  readonly file: string;
  readonly config: LoadedConfig['config'];
  readonly plugins: readonly Plugin[];
  /** Files that decided the config, absolute. */
  readonly inputs: readonly string[];
}

/** Which config is read, and on whose behalf. */
export interface ProjectOptions {
  readonly configFile?: string;
  /** The command on whose behalf the config is read, given to a config function. */
  readonly command: string;
  readonly mode: string;
}

/** The stages `config` and `plugins`. */
export async function openProject(cx: EngineContext, options: ProjectOptions): Promise<Project> {
  const loaded = await stage(
    cx,
    'config',
    () => readConfig(cx, options),
    (result) => result.file,
  );
  const plugins = await stage(
    cx,
    'plugins',
    () => checkPlugins(loaded.config.plugins),
    (list) => list.map((plugin) => plugin.name).join(', '),
  );
  const { root, file, config, inputs } = loaded;
  return { root, file, config, plugins, inputs };
}

function readConfig(cx: EngineContext, options: ProjectOptions): Promise<LoadedConfig> {
  return loadConfig({
    cwd: cx.cwd,
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    env: { command: options.command, mode: options.mode, ci: Boolean(cx.env['CI']) },
    signal: cx.signal,
    cacheFolder: cx.configCache,
    importModule: cx.importModule,
  });
}
