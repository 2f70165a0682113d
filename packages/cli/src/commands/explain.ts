import type { Decision } from '@mlcontainer/plugin-kit';
import { mlcError, nearest } from '@mlcontainer/plugin-kit';
import type { CommandRun } from '../command/types.ts';
import type { Style } from '../term/style.ts';
import type { explainCommand } from '../table/understand.ts';
import { padEnd, widthOf } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openPlan } from './project.ts';

type Options = (typeof explainCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { options, args } = call;
  const open = await openEngine(call);
  const { plan, root } = await openPlan(open, 'explain', options);
  const lock = await open.engine.readLock(root);
  const [subject] = args;
  const explanations = open.engine.explain(plan, lock, subject);
  if (explanations.length === 0 && subject !== undefined) {
    throw unknownSubject(subject, open.engine.explain(plan, lock));
  }
  call.print(options.json ? json({ explanations }) : text(explanations, call.outStyle));
  if (lock === undefined)
    call.say('There is no lock yet: packages are explained after `mlcontainer lock`.');
  return 0;
};

function unknownSubject(value: string, all: readonly Decision[]): Error {
  const near = nearest(
    value,
    all.map(({ subject }) => subject),
  );
  const expected = 'a decision, layer or package of this plan';
  return mlcError('MLC1103', { option: '<subject>', value, expected, near });
}

function text(explanations: readonly Decision[], style: Style): string {
  const widest = Math.max(...explanations.map(({ subject }) => widthOf(subject)));
  const width = Math.min(widest, 44);
  return explanations
    .map(({ subject, value, owner, reason }) => {
      const head = `${style.strong(padEnd(subject, width))}  ${value}`;
      return `${head}\n  ${style.dim(`${owner}: ${reason}`)}`;
    })
    .join('\n');
}
