import {
  definePlugin,
  PLUGIN_API,
  type PlanEdit,
  type Support,
  type TargetContext,
  type TargetFeature,
  type TargetPlugin,
} from '@mlcontainer/plugin-kit';
import type { CloudRunOptions, CloudRunSettings } from './options.ts';
import { brokenByPlan } from './rules.ts';
import { optionsSchema } from './schema.ts';
import { knativeService } from './service.ts';
import { toYaml } from './yaml.ts';

const SUPPORTS: Readonly<Record<TargetFeature, Support>> = {
  arm64: {
    support: 'limited',
    message: 'Cloud Run runs linux/amd64; an arm64 image beside it in the index is never used',
  },
  gpu: {
    support: 'limited',
    message: 'one NVIDIA L4 for an instance, its driver made for CUDA 12.2',
  },
  grpc: {
    support: 'limited',
    message: 'one port for all protocols, spoken to in HTTP/1 unless the whole service is h2c',
  },
  zstdLayers: 'stable',
  multiArchIndex: 'stable',
  readOnlyRoot: {
    support: 'limited',
    message: 'the root file system is writable memory, and nothing can make it read-only',
  },
  secrets: 'stable',
  trafficSplit: 'stable',
  scaleToZero: 'stable',
};

/**
 * Emits `service.yaml` for Cloud Run, by image digest: `gcloud run services replace service.yaml`.
 * Options are checked against the rules of the platform before anything is planned (MLC9001 to MLC9018).
 */
export function cloudRun(options: CloudRunOptions = {}): TargetPlugin<CloudRunSettings> {
  return definePlugin<CloudRunSettings>({
    name: 'target-cloud-run',
    kind: 'target',
    api: PLUGIN_API,
    version: '0.1.0',
    docs: 'https://mlcontainer.dev/plugins/target-cloud-run',
    // What the user wrote; the core replaces it by what the schema makes of it.
    options: options as CloudRunSettings,
    optionsSchema,
    supports: SUPPORTS,
    constrain,
    emit: ({ options: settings, plan }) => [
      { path: 'service.yaml', text: toYaml(knativeService(settings, plan)) },
    ],
  });
}

function constrain(cx: TargetContext<CloudRunSettings>): readonly PlanEdit[] {
  const { options, plan } = cx;
  if (plan.uses.includes('gpu') && options.gpu !== undefined) {
    cx.warn(
      'Cloud Run’s driver for the NVIDIA L4 is made for CUDA 12.2: a newer CUDA in the image needs its forward compatibility packages.',
    );
  }
  return brokenByPlan(options, plan).map((error) => ({
    edit: 'refuse',
    what: 'the plan',
    reason: `${error.message.replace(/\.$/, '')} (${error.code})`,
    remedy: error.fix,
  }));
}
