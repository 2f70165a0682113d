import path from 'node:path';
import { inspectModel } from '@mlcontainer/model-inspect';
import {
  mlcError,
  type AllowedGlobal,
  type Finding,
  type ModelFacts,
  type Plugin,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from './context.ts';
import type { Project } from './project.ts';
import { insideProject } from './plugins/files.ts';
import { stage } from './stage.ts';

/** What inspection says of one file. */
export interface Inspection {
  readonly facts: ModelFacts;
  readonly findings: readonly Finding[];
}

/** Inspects any file, with the allowlists of the given plugins; refuses nothing, the findings say it. */
export function inspectFile(
  cx: EngineContext,
  file: string,
  plugins: readonly Plugin[],
  allow: readonly AllowedGlobal[] = [],
): Promise<Inspection> {
  const globals = plugins.flatMap((plugin) =>
    plugin.kind === 'target' ? [] : (plugin.globals ?? []),
  );
  return inspectModel(path.resolve(cx.cwd, file), {
    allowedGlobals: [...new Set([...globals, ...allow.map((entry) => entry.global)])],
    signal: cx.signal,
  });
}

/** The stage `facts`: inspects the project's model and stops the flow on any error finding. */
export async function readFacts(cx: EngineContext, project: Project): Promise<Inspection> {
  return stage(
    cx,
    'facts',
    () => inspectProject(cx, project),
    ({ facts }) => factsLine(facts),
  );
}

async function inspectProject(cx: EngineContext, project: Project): Promise<Inspection> {
  const { model } = project.config;
  const file = await insideProject(project.root, model.path);
  const inspection = await inspectFile(cx, file, project.plugins, model.allow);
  const { facts, findings } = inspection;
  const problems = findings.filter((finding) => finding.severity === 'error').map(findingLine);
  if (problems.length > 0) throw mlcError('MLC2103', { file: model.path, problems });
  if (model.sha256 !== undefined && model.sha256 !== facts.sha256) {
    throw mlcError('MLC2112', { path: model.path, expected: model.sha256, actual: facts.sha256 });
  }
  return inspection;
}

function findingLine(finding: Finding): string {
  const where = finding.where === undefined ? '' : ` (${finding.where})`;
  return `${finding.code} ${finding.message}${where}`;
}

function factsLine(facts: ModelFacts): string {
  const [framework] = facts.packages;
  const version = framework?.version === undefined ? '' : ` ${framework.version}`;
  const by = framework === undefined ? '' : `, ${framework.name}${version}`;
  return `${facts.format}${by}${facts.estimator ? `, ${facts.estimator.className}` : ''}`;
}
