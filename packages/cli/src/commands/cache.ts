import { mlcError } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { cacheCommand } from '../table/tool.ts';
import { bytesText, columns, countText, padStart } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, type OpenEngine } from './project.ts';

type Options = (typeof cacheCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const open = await openEngine(call, call.options);
  return call.args[0] === 'prune' ? prune(call, open) : info(call, open);
};

async function info(call: Call, { engine, cx }: OpenEngine): Promise<number> {
  const { path, kinds } = await engine.cacheInfo(cx);
  if (call.options.json) {
    call.print(json({ path, kinds }));
    return 0;
  }
  const rows = kinds.map(({ kind, count, size }) => [
    kind,
    padStart(String(count), 6),
    padStart(bytesText(size), 8),
  ]);
  const size = kinds.reduce((sum, kind) => sum + kind.size, 0);
  call.print(`${call.outStyle.name(path)}  ${bytesText(size)}\n${columns(rows, '  ')}`);
  return 0;
}

async function prune(call: Call, { engine, cx }: OpenEngine): Promise<number> {
  const olderThanDays = daysOf(call.options['older-than'] ?? '30');
  const { count, size } = await engine.cachePrune(cx, { olderThanDays });
  if (call.options.json) call.print(json({ count, size }));
  call.say(`Removed ${countText(count, 'entry', 'entries')}, ${bytesText(size)}.`);
  return 0;
}

function daysOf(value: string): number {
  const days = Number(value);
  if (Number.isFinite(days) && days >= 0) return days;
  throw mlcError('MLC1103', { option: '--older-than', value, expected: 'a number of days' });
}
