import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  PLUGIN_API,
  debian,
  definePlugin,
  type Contribution,
  type FrameworkPlugin,
  type Plugin,
  type TargetFeature,
  type TargetPlugin,
} from '@mlcontainer/plugin-kit';
import { checkPlugins } from '../../src/plugins/check.ts';
import type { Project } from '../../src/project.ts';

/** `{'answer': 42}`, pickled by protocol 2: loads nothing and calls nothing. */
export const PLAIN_PICKLE = Buffer.from('80027d71005506616e737765724b2a732e', 'hex');
/** `os.system('true')`, by protocol 0. */
export const EVIL_PICKLE = Buffer.from("cos\nsystem\n(S'true'\ntR.");

const META = { api: PLUGIN_API, version: '1.0.0', docs: 'https://example.com/docs' } as const;

export const CONTRIBUTION: Contribution = {
  layers: [
    {
      id: 'python',
      slot: 'dependencies',
      source: { kind: 'python', requirements: ['some-framework==1.0'] },
      reason: 'the model was written by it',
    },
  ],
  adapter: { module: 'some_adapter' },
};

export function framework(over: Partial<FrameworkPlugin<never>> = {}): FrameworkPlugin<never> {
  return definePlugin<never>({
    ...META,
    name: 'framework-some',
    kind: 'framework',
    detect: () => ({ confidence: 0.5, evidence: ['it says so'] }),
    contribute: () => CONTRIBUTION,
    ...over,
  });
}

const FEATURES: readonly TargetFeature[] = [
  'arm64',
  'gpu',
  'grpc',
  'zstdLayers',
  'multiArchIndex',
  'readOnlyRoot',
  'secrets',
  'trafficSplit',
  'scaleToZero',
];

export function target(over: Partial<TargetPlugin<never>> = {}): TargetPlugin<never> {
  const supports = Object.fromEntries(FEATURES.map((feature) => [feature, 'stable']));
  return definePlugin<never>({
    ...META,
    name: 'target-some',
    kind: 'target',
    supports: supports as TargetPlugin['supports'],
    emit: ({ plan }) => [{ path: 'service.yaml', text: `image: ${plan.image}\n` }],
    ...over,
  });
}

/** A project with a model file of the given bytes, read and checked as `openProject` leaves it. */
export async function project(
  root: string,
  plugins: readonly Plugin[] = [framework()],
  over: Partial<Project['config']> = {},
  model: Uint8Array = PLAIN_PICKLE,
): Promise<Project> {
  await writeFile(path.join(root, 'model.pkl'), model);
  const checked = await checkPlugins(plugins);
  const config: Project['config'] = {
    name: 'some-model',
    model: { path: 'model.pkl', allow: [] },
    plugins: checked,
    base: debian('bookworm'),
    platforms: ['linux/amd64'],
    requirements: [],
    include: [],
    env: {},
    labels: {},
    bytecode: true,
    trim: true,
    compression: 'gzip-members',
    server: { port: 8080 },
    ...over,
  };
  return {
    root,
    file: path.join(root, 'mlcontainer.config.ts'),
    config,
    plugins: checked,
    inputs: [],
  };
}
