import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { diskError } from './replace.ts';

/** The reference that specs use: by digest, never by tag. `repository` where it goes elsewhere than the plan says. */
export function imageReference(plan: Plan, digest: string, repository?: string): string {
  return `${repository ?? plan.image ?? plan.name}@${digest}`;
}

/** The stage `specs`: the planned texts with the image's reference filled in, written as one folder. */
export async function writeSpecs(
  cx: EngineContext,
  plan: Plan,
  folder: string,
  reference: string,
): Promise<readonly { readonly name: string; readonly files: readonly string[] }[]> {
  const targets = path.join(folder, 'targets');
  const temporary = `${targets}.${process.pid}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  try {
    for (const target of plan.targets) {
      for (const file of target.files) {
        await writeText(
          path.join(temporary, target.name, file.path),
          file.text.replaceAll(plan.imageToken, reference),
        );
      }
    }
    await rm(targets, { recursive: true, force: true });
    if (plan.targets.length > 0) await rename(temporary, targets);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
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

async function writeText(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}
