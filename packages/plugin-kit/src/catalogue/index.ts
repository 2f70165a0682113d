import { baseErrors } from './base.ts';
import { buildahErrors } from './buildah.ts';
import { configErrors } from './config.ts';
import { credentialsErrors } from './credentials.ts';
import { debianErrors } from './debian.ts';
import { inspectErrors } from './inspect.ts';
import { ociErrors } from './oci.ts';
import { pluginErrors } from './plugin.ts';
import { registryErrors } from './registry.ts';
import { runErrors } from './run.ts';
import { systemErrors } from './system.ts';
import { targetErrors } from './target.ts';
import { wheelsErrors } from './wheels.ts';

/** Every error the tool can give, by its permanent code. */
export const catalogue = {
  ...configErrors,
  ...pluginErrors,
  ...inspectErrors,
  ...debianErrors,
  ...wheelsErrors,
  ...ociErrors,
  ...registryErrors,
  ...baseErrors,
  ...credentialsErrors,
  ...systemErrors,
  ...runErrors,
  ...buildahErrors,
  ...targetErrors,
};
