import type { CommandRun } from '../command/types.ts';
import type { lockCommand } from '../table/build.ts';
import { countText } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openPlan } from './project.ts';

type Options = (typeof lockCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { options } = call;
  const open = await openEngine(call, options);
  const { plan, root } = await openPlan(open, 'lock', options);
  const { update, frozen } = options;
  const lock = await open.engine.makeLock(open.cx, plan, root, { update, frozen });
  const debian = total(lock.debian);
  const python = total(lock.python);
  const bases = lock.bases?.map(({ manifest }) => manifest.digest);
  if (options.json)
    call.print(json({ file: 'mlcontainer.lock', ...(bases && { bases }), debian, python }));
  const system =
    bases === undefined
      ? countText(debian, 'Debian package')
      : countText(bases.length, 'base image');
  const pinned = `${system}, ${countText(python, 'wheel')}`;
  call.say(`mlcontainer.lock pins ${pinned}.`);
  return 0;
};

function total(lists: readonly { readonly packages: readonly unknown[] }[]): number {
  return lists.reduce((sum, { packages }) => sum + packages.length, 0);
}
