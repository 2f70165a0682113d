import { readFile } from 'node:fs/promises';
import { createResolver } from './resolve-path.ts';
import type { LayoutImage } from './layout-image.ts';

/** What an engine without a daemon has to start: the process of an image. */
export interface StartSpec {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The process that an image's configuration describes (image-spec, config.md and conversion.md), with the user
 * looked up in the unpacked root where it is a name.
 */
export async function startSpec(
  image: LayoutImage,
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<StartSpec> {
  const config = image.config.config ?? {};
  const user = await resolveUser(root, config.User ?? '');
  return {
    args: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    env: mergeEnv(config.Env ?? [], env),
    cwd: config.WorkingDir || '/',
    ...user,
  };
}

/** The image's variables, each overridden where the caller says so. */
export function mergeEnv(
  base: readonly string[],
  added: Readonly<Record<string, string>>,
): readonly string[] {
  const kept = base.filter((line) => !(line.slice(0, line.indexOf('=')) in added));
  return [...kept, ...Object.entries(added).map(([name, value]) => `${name}=${value}`)];
}

/** `user`, `uid`, `user:group`, `uid:gid` and so on, as config.md allows; empty is root. */
async function resolveUser(root: string, user: string): Promise<{ uid: number; gid: number }> {
  const [name = '', group] = user.split(':');
  if (name === '') return { uid: 0, gid: 0 };
  const account = await lookUp(root, '/etc/passwd', name);
  const uid = numeric(name) ?? Number(account?.[2] ?? Number.NaN);
  if (Number.isNaN(uid)) throw new Error(`the image has no user ${name}`);
  if (group === undefined) return { uid, gid: Number(account?.[3] ?? 0) };
  const gid =
    numeric(group) ?? Number((await lookUp(root, '/etc/group', group))?.[2] ?? Number.NaN);
  if (Number.isNaN(gid)) throw new Error(`the image has no group ${group}`);
  return { uid, gid };
}

function numeric(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The line of passwd(5) or group(5) whose name or number is that. */
async function lookUp(root: string, path: string, key: string): Promise<string[] | undefined> {
  const text = await readFile(createResolver(root).entry(path.slice(1)), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.split(':'));
  return lines.find(([name, , number]) => name === key || number === key);
}
