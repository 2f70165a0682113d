import { join, resolve } from 'node:path';
import { mlcError, type Platform } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { RunningContainer, RunOptions } from '@mlcontainer/core';
import type { runCommand } from '../table/build.ts';
import { interruptedCode } from '../interrupt.ts';
import { json } from './json.ts';
import { openEngine, openProject, type OpenEngine } from './project.ts';

type Options = (typeof runCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const open = await openEngine(call, call.options);
  const request = await runOptions(call, open);
  const container = await open.engine.runImage(request, open.cx);
  try {
    await container.ready;
    announce(call, container);
    return await untilEnded(call, container);
  } finally {
    await container.stop();
  }
};

function announce({ options, print, say, style }: Call, { engine, url }: RunningContainer): void {
  if (options.json) print(json({ engine, url }));
  const how = style.dim(`(${engine})`);
  say(`${style.good('✔')} Ready at ${style.name(url)} ${how}; Ctrl-C stops it.`);
}

/** Ctrl-C is how a run ends, not a failure that has to be told. */
async function untilEnded({ signal, say }: Call, container: RunningContainer): Promise<number> {
  const exit = await container.exited;
  if (signal.aborted) {
    say('Stopped; nothing of the container is left.');
    return interruptedCode(signal);
  }
  if (exit !== 0) throw mlcError('MLC1120', { exit, engine: container.engine });
  return 0;
}

const OWN_PLATFORM = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';

async function runOptions(call: Call, open: OpenEngine): Promise<RunOptions> {
  const { options, cwd, signal } = call;
  const name = options.name ?? (await ownName(open, options));
  const layout = join(resolve(cwd, options.out ?? 'dist'), name, 'image');
  return {
    layout,
    platform: platformOf(options.platform ?? OWN_PLATFORM),
    port: portOf(options.port ?? '8080'),
    env: environmentOf(options.env),
    signal,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  };
}

async function ownName(open: OpenEngine, { config, mode }: Call['options']): Promise<string> {
  return (await openProject(open, 'run', { config, mode })).config.name;
}

function platformOf(name: 'linux/amd64' | 'linux/arm64'): Platform {
  return { os: 'linux', architecture: name === 'linux/arm64' ? 'arm64' : 'amd64' };
}

function portOf(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= 65_535) return port;
  throw mlcError('MLC1103', { option: '--port', value, expected: 'a port: 0 to 65535' });
}

function environmentOf(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const at = value.indexOf('=');
      if (at > 0) return [value.slice(0, at), value.slice(at + 1)];
      throw mlcError('MLC1103', { option: '--env', value, expected: 'NAME=value' });
    }),
  );
}
