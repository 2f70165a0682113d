import { definePlugin, PLUGIN_API, type FrameworkPlugin } from '@mlcontainer/plugin-kit';
import { contribute } from './contribute.ts';
import { detect } from './detect.ts';
import { SKLEARN_GLOBALS } from './globals.ts';
import { optionsSchema, type SklearnOptions } from './options.ts';

export type { Method, SklearnOptions } from './options.ts';

/**
 * Serves scikit-learn models exported by joblib or pickle: pins the version that wrote the model, brings the adapter,
 * and vouches for the globals that scikit-learn's own pickles name.
 */
export function sklearn(options: SklearnOptions = {}): FrameworkPlugin<SklearnOptions> {
  return definePlugin<SklearnOptions>({
    name: 'framework-sklearn',
    kind: 'framework',
    api: PLUGIN_API,
    version: '0.1.0',
    docs: 'https://mlcontainer.dev/plugins/framework-sklearn',
    options,
    optionsSchema,
    globals: SKLEARN_GLOBALS,
    detect,
    contribute,
  });
}
