import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { diskError } from './replace.ts';

/** The reference that specs use: by digest, never by tag. `repository` where it goes elsewhere than the plan says. */
export function imageReference(plan: Plan, digest: string, repository?: string): string {
  return `${repository ?? plan.image ?? plan.name}@${digest}`;
}

/**
 * The stage `specs`: the planned texts with the image's reference filled in, written as one folder. Synchronous: nothing
 * else is going on, and a turn for each of these steps takes ten times as long as the step.
 */
export function writeSpecs(
  cx: EngineContext,
  plan: Plan,
  folder: string,
  reference: string,
): readonly { readonly name: string; readonly files: readonly string[] }[] {
  const targets = path.join(folder, 'targets');
  const temporary = `${targets}.${process.pid}.tmp`;
  const remove = (place: string): void => rmSync(place, { recursive: true, force: true });
  remove(temporary);
  try {
    for (const { name, files } of plan.targets)
      for (const { path: file, text } of files)
        writeText(path.join(temporary, name, file), text.replaceAll(plan.imageToken, reference));
    remove(targets);
    if (plan.targets.length > 0) renameSync(temporary, targets);
  } catch (error) {
    remove(temporary);
    throw diskError(targets, error);
  }
  return plan.targets.map(({ name, files }) => ({
    name,
    files: files.map((file) => tell(cx, path.join(targets, name, file.path))),
  }));
}

function tell(cx: EngineContext, file: string): string {
  cx.host.notify({ code: 'output', kind: 'spec', path: file });
  return file;
}

function writeText(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
