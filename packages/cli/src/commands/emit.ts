import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mlcError, nearest, type Plan } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { emitCommand } from '../table/understand.ts';
import { json } from './json.ts';
import { openEngine, openPlan } from './project.ts';

type Options = (typeof emitCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const { options, args } = call;
  const open = await openEngine(call);
  const { plan } = await openPlan(open, 'emit', { ...options, platform: [] });
  const targets = chosen(plan, args[0]);
  const image = options.image ?? (await builtImage(call, plan));
  const emitted = targets.map(({ name, files }) => ({
    name,
    files: files.map(({ path, text }) => ({
      path,
      text: text.replaceAll(plan.imageToken, image),
    })),
  }));
  const texts = emitted.flatMap(({ files }) => files.map(({ text }) => text));
  call.print(options.json ? json({ image, targets: emitted }) : texts.join('---\n'));
  return 0;
};

function chosen({ targets }: Plan, name: string | undefined): Plan['targets'] {
  const names = targets.map((target) => target.name);
  const found = targets.filter((target) => name === undefined || target.name === name);
  if (found.length > 0) return found;
  const expected =
    names.length === 0 ? 'a config with a target plugin' : `one of ${names.join(', ')}`;
  const value = name ?? '';
  throw mlcError('MLC1103', { option: '<target>', value, expected, near: nearest(value, names) });
}

/** The reference in the report of the last build. */
async function builtImage({ cwd, options }: Call, plan: Plan): Promise<string> {
  const path = join(resolve(cwd, options.out ?? 'dist'), plan.name, 'build.json');
  try {
    const { reference } = JSON.parse(await readFile(path, 'utf8')) as { reference?: unknown };
    if (typeof reference === 'string') return reference;
    throw new Error('it names no image');
  } catch (cause) {
    const detail =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no build yet' : String(cause);
    throw mlcError('MLC1106', { path, detail }, { cause });
  }
}
