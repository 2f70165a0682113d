import { existsSync } from 'node:fs';
import type { RunContext } from './types.ts';

/** Runs a short program of the host; undefined stands for one that is not there. */
export async function tryRun(
  cx: RunContext,
  signal: AbortSignal,
  command: string,
  args: readonly string[],
): Promise<{ code: number; out: string; err: string } | undefined> {
  const path = await findProgram(cx, command);
  if (path === undefined) return undefined;
  const result = await cx.ports.exec.run({ command: path, args, env: hostEnv(cx), signal });
  const out = new TextDecoder().decode(result.stdout).trim();
  return { code: result.code, out, err: result.stderr.trim() };
}

/** The path of a program, in the system folders too, which a user's PATH often lacks. */
export async function findProgram(cx: RunContext, name: string): Promise<string | undefined> {
  const system = [`/usr/sbin/${name}`, `/sbin/${name}`];
  return (await cx.ports.exec.which(name)) ?? system.find((path) => existsSync(path));
}

/** Stands where nothing may be interrupted: removing what was made. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** The environment for the host's own programs. */
export function hostEnv({ env }: RunContext): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** The last line a program wrote, which most often is the reason. */
export function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1)?.trim() ?? '';
  // runc writes logfmt.
  return /msg="(.*)"$/.exec(line)?.[1]?.replaceAll('\\"', '"') ?? line;
}
