import { serverPackage } from '@mlcontainer/server';
import type { AdapterSpec, ModelFacts, PlannedFile, PlannedLayer } from '@mlcontainer/plugin-kit';
import { prettyJson, sha256 } from '../json.ts';
import type { Project } from '../project.ts';
import {
  APP_FOLDER,
  MODEL_FOLDER,
  SERVER_CONFIG,
  inlineFile,
  projectFile,
  type ImagePaths,
} from './files.ts';

/** Paths the server answers on; see docs/guide/serving.md. */
export const ROUTES = {
  live: '/v2/health/live',
  ready: '/v2/health/ready',
  predict: '/predict',
} as const;

/** The inference server: its files and the wheels it needs. */
export async function serverLayers(paths: ImagePaths): Promise<readonly PlannedLayer[]> {
  const server = await serverPackage();
  const files = server.files.map((file): PlannedFile => ({
    path: `${paths.site}/${file.path}`,
    mode: 0o644,
    sha256: sha256(file.bytes),
    size: file.bytes.length,
    source: { kind: 'server', from: file.path },
  }));
  const base = { owner: 'core', slot: 'dependencies' } as const;
  const reason = `mlcontainer's inference server ${server.version}`;
  return [
    { ...base, id: 'core/server', source: { kind: 'files', files }, reason },
    {
      ...base,
      id: 'core/server-wheels',
      source: { kind: 'python', requirements: server.requirements },
      reason: `what ${reason} imports`,
    },
  ];
}

/** The path of the model in the image. */
export function modelPath(facts: ModelFacts): string {
  return `${MODEL_FOLDER}/${facts.fileName}`;
}

/** The layer of the user's own files and the server's settings. */
export async function appLayers(
  project: Project,
  facts: ModelFacts,
  adapter: AdapterSpec,
): Promise<readonly PlannedLayer[]> {
  const { root, config } = project;
  const handler = config.handler === undefined ? undefined : `${APP_FOLDER}/handler.py`;
  const user: PlannedFile[] = [];
  if (handler !== undefined) user.push(await projectFile(root, config.handler!, handler));
  for (const file of config.include)
    user.push(await projectFile(root, file, `${APP_FOLDER}/${file}`));
  const settings = inlineFile(
    SERVER_CONFIG,
    prettyJson(serverSettings(project, facts, adapter, handler)),
  );
  const core: PlannedLayer = {
    id: 'core/server-config',
    owner: 'core',
    // With the model, not with the handler: it names the model's hash, and a new model must not touch code.
    slot: 'model',
    source: { kind: 'files', files: [settings] },
    reason: 'tells the server which model, adapter and schema it serves',
  };
  if (user.length === 0) return [core];
  const reason = 'the handler and the files that the config includes';
  return [
    core,
    { id: 'user/app', owner: 'user', slot: 'app', source: { kind: 'files', files: user }, reason },
  ];
}

function serverSettings(
  project: Project,
  facts: ModelFacts,
  adapter: AdapterSpec,
  handler: string | undefined,
) {
  const { name, server } = project.config;
  return {
    name,
    model: { path: modelPath(facts), sha256: facts.sha256, size: facts.size },
    adapter: { module: adapter.module, settings: adapter.settings ?? {} },
    handler: handler ?? null,
    schema: {
      inputs: facts.inputs,
      outputs: facts.outputs,
      featureNames: facts.featureNames ?? null,
    },
    port: server.port,
    workers: server.workers ?? 1,
  };
}
