import type { CommandRun, Invocation } from '../command/types.ts';
import { shown } from '../hosts/lines.ts';
import type { vendorCommand } from '../table/build.ts';
import { bytesText, countText } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openPlan, type OpenEngine } from './project.ts';

type Options = (typeof vendorCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { options } = call;
  const open = await openEngine(call, options);
  const to = await placeOf(call, open);
  const { plan, root } = await openPlan(open, 'vendor', options);
  const report = await open.engine.vendor(open.cx, { plan, root, frozen: options.frozen, to });
  const place = shown(report.place, call.cwd);
  call.say(`${place} holds ${countText(report.inputs, 'input')}, ${bytesText(report.size)}.`);
  call.print(options.json ? json(report) : `${place}@${report.digest}`);
  return 0;
};

async function placeOf({ args, options }: Invocation<Options>, { engine }: OpenEngine) {
  const [place = 'mlcontainer.vendor.tar'] = args;
  if (!options.push) return { file: place };
  const { repository, tag = 'latest' } = await engine.pushTarget(place);
  return { repository, tag };
}
