import type { FrameworkPlugin, Plugin, TargetPlugin } from './plugin.ts';

/** Marks a value as a plugin, across copies of this package in one process. */
export const PLUGIN_BRAND = Symbol.for('mlcontainer.plugin');

/** A framework or accelerator plugin, typed and branded. Call it in your factory: `sklearn(options)`. */
export function definePlugin<Options>(plugin: FrameworkPlugin<Options>): FrameworkPlugin<Options>;
/** A target plugin, typed and branded. */
export function definePlugin<Options>(plugin: TargetPlugin<Options>): TargetPlugin<Options>;
export function definePlugin(plugin: Plugin): Plugin {
  return Object.freeze(Object.assign({ [PLUGIN_BRAND]: true }, plugin));
}

/** Whether a value was made by `definePlugin`, of this copy of the package or another. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && PLUGIN_BRAND in value;
}
