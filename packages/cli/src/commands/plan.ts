import { platformName, type Plan } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { PlanChange } from '@mlcontainer/core';
import type { planCommand } from '../table/build.ts';
import { columns, countText } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openPlan, type OpenEngine } from './project.ts';

type Options = (typeof planCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const { options } = call;
  const open = await openEngine(call);
  const { plan } = await openPlan(open, 'plan', options);
  if (options.diff !== undefined) return showDiff(call, open, options.diff, plan);
  if (options.hosts) return showHosts(call, open, plan);
  call.print(options.json ? JSON.stringify(plan, null, 2) : planText(plan, call));
  return 0;
};

async function showDiff(call: Call, open: OpenEngine, file: string, plan: Plan): Promise<number> {
  const { plan: old } = await open.engine.readPlan(open.cx, file);
  const changes = open.engine.diffPlans(old, plan);
  if (call.options.json) call.print(json({ changes }));
  else if (changes.length === 0) call.say('Nothing changed.');
  else call.print(changes.map((change) => changeText(change, call)).join('\n'));
  return 0;
}

function changeText({ path, before, after }: PlanChange, { outStyle }: Call): string {
  const lines = [outStyle.strong(path)];
  if (before !== undefined) lines.push(outStyle.bad(`  - ${JSON.stringify(before)}`));
  if (after !== undefined) lines.push(outStyle.good(`  + ${JSON.stringify(after)}`));
  return lines.join('\n');
}

async function showHosts(call: Call, { engine, cx }: OpenEngine, plan: Plan): Promise<number> {
  const hosts = await engine.planHosts(cx, plan);
  const rows = hosts.map(({ host, purpose, source }) => [host, purpose, call.outStyle.dim(source)]);
  call.print(call.options.json ? json({ hosts }) : columns(rows));
  return 0;
}

/** The plan for a person. */
function planText(plan: Plan, { outStyle }: Call): string {
  const { model, python, base, layers, targets, findings } = plan;
  const facts = [
    ['model', `${model.from}  ${outStyle.dim(modelText(plan))}`],
    ['base', base.kind === 'debian' ? `Debian ${base.suite}` : base.reference],
    ['python', python.version],
    ['platforms', plan.platforms.map(platformName).join(', ')],
    ['runs as', `${plan.config.user}, port ${plan.config.port}`],
    ['targets', targets.map(({ name }) => name).join(', ') || outStyle.dim('none')],
  ].map(([key = '', value = '']) => [outStyle.dim(key), value]);
  const wishes = layers.map((layer) => [
    outStyle.dim(layer.slot),
    layer.id,
    outStyle.dim(layer.reason),
  ]);
  const notes = findings.map(({ code, message }) => outStyle.warn(`! ${message} (${code})`));
  return [
    outStyle.strong(plan.name),
    columns(facts, '  '),
    '',
    outStyle.strong(countText(layers.length, 'contribution')),
    columns(wishes, '  '),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

function modelText({ model: { facts } }: Plan): string {
  const [first] = facts.packages;
  const framework = first === undefined ? '' : ` ${first.name} ${first.version ?? ''}`;
  return `${facts.format}${framework}${facts.estimator ? ` ${facts.estimator.className}` : ''}`;
}
