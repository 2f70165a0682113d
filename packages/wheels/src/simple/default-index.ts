import type { Ports } from '@mlcontainer/plugin-kit';
import type { Env } from '../settings/pip.ts';

/** What asking a tool for its default takes. */
export interface DefaultIndexContext {
  readonly ports: Pick<Ports, 'exec'>;
  readonly signal: AbortSignal;
  readonly env: Env;
  /** Path of a uv, where one is known. */
  readonly uv?: string | undefined;
}

/**
 * The index that uv or pip use when none is configured, as they state it in their help. We carry no address of our
 * own: what the machine's tools would ask is asked. Undefined where neither is there.
 */
export async function defaultIndex(cx: DefaultIndexContext): Promise<string | undefined> {
  const uv = cx.uv ?? (await cx.ports.exec.which('uv'));
  const fromUv =
    uv &&
    (await help(
      cx,
      uv,
      ['pip', 'compile', '--help'],
      /--default-index[\s\S]*?default:\s*<(https?:\/\/[^>\s]+)>/,
    ));
  if (fromUv) return fromUv;
  const python = await cx.ports.exec.which('python3');
  return (
    python &&
    help(
      cx,
      python,
      ['-m', 'pip', 'download', '--help'],
      /--index-url[\s\S]*?\(default\s+(https?:\/\/[^)\s]+)\)/,
    )
  );
}

async function help(
  cx: DefaultIndexContext,
  command: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  const env = { ...definedEnv(cx.env), COLUMNS: '400', NO_COLOR: '1' };
  const result = await cx.ports.exec.run({ command, args, env, signal: cx.signal });
  if (result.code !== 0) return undefined;
  return pattern.exec(Buffer.from(result.stdout).toString('utf8'))?.[1];
}

/** An environment without the names that are not set. */
export function definedEnv(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
