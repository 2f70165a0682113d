import type { CommandRun, Invocation } from '../command/types.ts';
import type { BuildReport } from '@mlcontainer/core';
import { shown } from '../hosts/lines.ts';
import type { buildCommand } from '../table/build.ts';
import { bytesText, columns, countText, timeText } from '../term/text.ts';
import { openEngine, openPlan } from './project.ts';

type Options = (typeof buildCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { options } = call;
  const open = await openEngine(call, options);
  const { plan, root } = await openPlan(open, 'build', options);
  const report = await open.engine.build(open.cx, {
    plan,
    root,
    frozen: options.frozen,
    outDir: options.out ?? 'dist',
    archive: options.output.includes('archive'),
  });
  for (const line of summary(report, call)) call.say(line);
  call.print(options.json ? JSON.stringify(report, null, 2) : report.reference);
  return 0;
};

function summary(report: BuildReport, { style, cwd, options }: Invocation<Options>): string[] {
  const images = report.images.map(({ platform, size, layers }) => {
    const reused = layers.filter((layer) => layer.reused).length;
    const counts = `${countText(layers.length, 'layer')}, ${reused} reused`;
    return [platform, `${style.strong(bytesText(size))} in ${counts}`];
  });
  const places = [
    ['layout', shown(report.layout, cwd)],
    ...(report.archive === undefined ? [] : [['archive', shown(report.archive, cwd)]]),
    ...report.targets.map(({ name, files }) => [
      name,
      files.map((file) => shown(file, cwd)).join(' '),
    ]),
  ];
  const rows = [...images, ...places].map(([key = '', value = '']) => [style.dim(key), value]);
  const next = options.plan === undefined ? `  Start it: ${style.name('mlcontainer run')}` : '';
  return [
    '',
    `${style.good('✔')} ${style.strong(report.name)} ${style.dim(report.digest.slice(0, 19))} in ${timeText(report.ms)}`,
    columns(rows, '  '),
    ...(next === '' ? [] : [next]),
  ];
}
