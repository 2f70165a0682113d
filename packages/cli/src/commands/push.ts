import type { CommandRun } from '../command/types.ts';
import type { pushCommand } from '../table/build.ts';
import { tagsOf, tellReport } from './build.ts';
import { openEngine, openPlan } from './project.ts';

type Options = (typeof pushCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { options, args } = call;
  const open = await openEngine(call, options);
  const named = args[0] === undefined ? undefined : await open.engine.pushTarget(args[0]);
  const { plan, root } = await openPlan(open, 'push', options);
  const asked = [...options.tag, ...(named?.tag === undefined ? [] : [named.tag])];
  const report = await open.engine.build(open.cx, {
    plan,
    root,
    frozen: options.frozen,
    outDir: options.out ?? 'dist',
    vendored: options.vendored,
    outputs: ['registry'],
    push: {
      tags: tagsOf(asked),
      ...(named === undefined ? {} : { repository: named.repository }),
    },
  });
  tellReport(call, report, false);
  return 0;
};
