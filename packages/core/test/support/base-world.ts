import { nodePorts } from '@mlcontainer/node-ports';
import type { Plan, Plugin } from '@mlcontainer/plugin-kit';
import { startRegistry, type TestRegistry } from '@mlcontainer/testing';
import type { EngineContext } from '../../src/context.ts';
import { makePlan } from '../../src/plan/make.ts';
import type { Project } from '../../src/project.ts';
import { testContext } from './context.ts';
import { framework, project } from './project.ts';
import { inlineRunner } from './inline-runner.ts';

/** A registry, and a machine with an empty store that may reach it. */
export interface BaseWorld extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly cx: EngineContext;
  readonly root: string;
  readonly messages: () => readonly string[];
  /** The plan of a project on a base of the registry; `machine` is another one. */
  plan(name: string, over?: Partial<Project['config']>, how?: PlanHow): Promise<Plan>;
  /** Another machine with an empty store, the same project and the same registry. */
  otherMachine(): Promise<EngineContext>;
  /** The same machine without network. */
  offline(): EngineContext;
  /** Bytes of blobs that were given out of a repository. */
  givenOut(repository: string): number;
}

/** On which machine, and whether the lock counts. */
export interface PlanHow {
  readonly machine?: EngineContext;
  readonly update?: boolean;
  readonly vendored?: string;
  readonly plugins?: readonly Plugin[];
}

export async function baseWorld(): Promise<BaseWorld> {
  const registry = await startRegistry();
  const test = await testContext();
  const { root } = test;
  const others: (() => Promise<void>)[] = [];
  const online = (cacheDir: string): EngineContext => {
    const ports = nodePorts({ env: test.env, cacheDir });
    return { ...test, ports, layerRunner: inlineRunner(ports) };
  };
  const cx = online(`${root}/.store`);
  const registries = { [registry.host]: { plainHttp: true } };
  return {
    ...{ registry, cx, root },
    messages: () => test.events.flatMap((event) => ('message' in event ? [event.message] : [])),
    plan: async (name, over = {}, { machine = cx, plugins = [framework()], ...how } = {}) => {
      const base = { kind: 'image', reference: `${registry.host}/${name}` } as const;
      const config = { base, registries, bytecode: false, ...over };
      return makePlan(machine, await project(root, plugins, config), how);
    },
    otherMachine: async () => {
      const other = await testContext();
      others.push(() => other.dispose());
      return online(`${other.root}/.store`);
    },
    offline: () => ({ ...test, layerRunner: inlineRunner(test.ports) }),
    givenOut: (repository) =>
      registry.journal
        .of({ repository, method: 'GET', endpoint: 'blob' })
        .reduce((sum, { responseBytes }) => sum + responseBytes, 0),
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      for (const dispose of others) await dispose();
      await test.dispose();
    },
  };
}
