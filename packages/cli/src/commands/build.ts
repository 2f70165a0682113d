import type { CommandRun, Invocation } from '../command/types.ts';
import type { BuildReport, OutputKind, PushedImage } from '@mlcontainer/core';
import type { CliContext } from '../context.ts';
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
    vendored: options.vendored,
    outputs: outputsOf(options.output),
    push: { tags: tagsOf(options.tag) },
  });
  tellReport(call, report, options.plan === undefined);
  return 0;
};

/** The layout comes with everything but a registry alone. */
function outputsOf(asked: Invocation<Options>['options']['output']): readonly OutputKind[] {
  const kinds = new Set(asked);
  return kinds.size === 1 && kinds.has('registry') ? ['registry'] : [...kinds.add('layout')].sort();
}

/** What a registry calls an image when nobody says. */
export function tagsOf(asked: readonly string[]): readonly string[] {
  return asked.length === 0 ? ['latest'] : asked;
}

/** The end of a build: a summary for people, the reference or the whole report for programs. */
export function tellReport(
  call: CliContext & { readonly options: { readonly json: boolean } },
  report: BuildReport,
  canRun: boolean,
): void {
  for (const line of summary(report, call, canRun)) call.say(line);
  call.print(call.options.json ? JSON.stringify(report, null, 2) : report.reference);
}

function summary(report: BuildReport, { style, cwd }: CliContext, canRun: boolean): string[] {
  const images = report.images.map(({ platform, size, layers }) => {
    const reused = layers.filter((layer) => layer.reused).length;
    const counts = `${countText(layers.length, 'layer')}, ${reused} reused`;
    return [platform, `${style.strong(bytesText(size))} in ${counts}`];
  });
  const places = [
    ...(report.layout === undefined ? [] : [['layout', shown(report.layout, cwd)]]),
    ...(report.archive === undefined ? [] : [['archive', shown(report.archive, cwd)]]),
    ...(report.pushed === undefined ? [] : pushedRows(report.pushed)),
    ...report.targets.map(({ name, files }) => [
      name,
      files.map((file) => shown(file, cwd)).join(' '),
    ]),
  ];
  const rows = [...images, ...places].map(([key = '', value = '']) => [style.dim(key), value]);
  const next = canRun && report.layout !== undefined;
  return [
    '',
    `${style.good('✔')} ${style.strong(report.name)} ${style.dim(report.digest.slice(0, 19))} in ${timeText(report.ms)}`,
    columns(rows, '  '),
    ...(next ? [`  Start it: ${style.name('mlcontainer run')}`] : []),
  ];
}

function pushedRows({ reference, tags, blobs, sent, model }: PushedImage): string[][] {
  const { present, mounted, uploaded } = blobs;
  const total = present + mounted + uploaded;
  const how =
    total === 0
      ? 'it was there already'
      : `${bytesText(sent)} sent: ${uploaded} uploaded, ${mounted} mounted, ${present} there already`;
  return [
    ['pushed', reference],
    ...(tags.length === 0 ? [] : [['tags', tags.join(', ')]]),
    ['', how],
    ...(model === undefined ? [] : [['model', model.reference]]),
  ];
}
