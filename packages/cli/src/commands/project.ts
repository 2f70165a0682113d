import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plan, PlatformName } from '@mlcontainer/plugin-kit';
import { codeCacheFolder } from '../code-cache.ts';
import type { CliContext } from '../context.ts';
import type { EngineContext, Project } from '@mlcontainer/core';
import type { Engine } from '../engine.ts';
import { isLean } from '../lean.ts';

/** Options that decide how the engine reaches its inputs. */
export interface EngineChoices {
  readonly offline?: boolean;
  readonly 'cache-dir'?: string | undefined;
}

/** The engine with a context of this command line. */
export interface OpenEngine {
  readonly engine: Engine;
  readonly cx: EngineContext;
}

export async function openEngine(
  context: CliContext,
  choices: EngineChoices = {},
): Promise<OpenEngine> {
  const { io, cwd, host, signal } = context;
  const engine = await io.loadEngine();
  // Now that all of our own is loaded: for each file from here on, Node counts lines and looks for a map.
  io.mapStacks?.();
  const cacheDir = choices['cache-dir'];
  const cx = engine.createContext({
    cwd,
    env: io.env,
    host,
    signal,
    offline: choices.offline ?? false,
    configCache: codeCacheFolder(io.env, 'configs'),
    beforeMuchWork: context.becomeLean,
    importModule: io.importModule,
    ...(cacheDir === undefined ? {} : { cacheDir: resolve(cwd, cacheDir) }),
  });
  // Many layers will be made, and until then one core has nothing to do.
  if (isLean(io.env)) cx.layerRunner.prepare?.();
  return { engine, cx };
}

/** Options that decide what the config says. */
export interface ProjectChoices {
  readonly config: string | undefined;
  readonly mode: string | undefined;
  readonly platform?: readonly PlatformName[];
}

/** The config of the user, on behalf of a command. */
export async function openProject(
  { engine, cx }: OpenEngine,
  command: string,
  { config: configFile, mode = 'production', platform = [] }: ProjectChoices,
): Promise<Project> {
  const file = configFile === undefined ? {} : { configFile };
  const project = await engine.openProject(cx, { ...file, command, mode });
  if (platform.length === 0) return project;
  const platforms = [...new Set(platform)];
  return { ...project, config: { ...project.config, platforms } };
}

/** A plan, and the folder that its files are relative to. */
export interface RootedPlan {
  readonly plan: Plan;
  readonly root: string;
}

/** Options that decide which plan it is. */
export interface PlanChoices {
  readonly plan?: string | undefined;
  readonly update?: boolean;
  readonly vendored?: string | undefined;
}

/** The plan of the config, or a frozen one, for which no config is read. */
export async function openPlan(
  open: OpenEngine,
  command: string,
  choices: ProjectChoices & PlanChoices,
): Promise<RootedPlan> {
  if (choices.plan !== undefined) return frozenPlan(open, choices.plan);
  const project = await openProject(open, command, choices);
  const { update = false, vendored } = choices;
  const plan = await open.engine.makePlan(open.cx, project, { update, vendored });
  return { plan, root: project.root };
}

/** CI keeps plans elsewhere: the project is the working folder where that holds the model, else the plan's own. */
async function frozenPlan({ engine, cx }: OpenEngine, file: string): Promise<RootedPlan> {
  const { plan, root } = await engine.readPlan(cx, file);
  return { plan, root: existsSync(join(cx.cwd, plan.model.from)) ? cx.cwd : root };
}
