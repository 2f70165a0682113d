import type { CommandRun, Invocation } from '../command/types.ts';
import type { Check } from '@mlcontainer/core';
import type { doctorCommand } from '../table/understand.ts';
import { padEnd } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine } from './project.ts';

type Options = (typeof doctorCommand)['options'];

export const run: CommandRun<Options> = async (call) => {
  const { engine, cx } = await openEngine(call);
  const { checks } = await engine.doctor(cx);
  call.print(
    call.options.json ? json({ checks }) : checks.map((check) => checkText(check, call)).join('\n'),
  );
  return checks.some(({ status }) => status === 'fail') ? 3 : 0;
};

function checkText(
  { name, status, detail, fix }: Check,
  { outStyle }: Invocation<Options>,
): string {
  const mark = {
    ok: outStyle.good('✔'),
    warn: outStyle.warn('!'),
    fail: outStyle.bad('✖'),
  }[status];
  const line = `${mark} ${padEnd(name, 20)} ${detail}`;
  return fix === undefined ? line : `${line}\n${' '.repeat(23)}${outStyle.dim(fix)}`;
}
