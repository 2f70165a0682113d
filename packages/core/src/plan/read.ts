import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PLAN_VERSION, mlcError, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { CORE_VERSION } from '../version.ts';

/** A frozen plan from a file, with the folder that its project files are relative to. */
export async function readPlan(
  cx: EngineContext,
  file: string,
): Promise<{ plan: Plan; root: string }> {
  const absolute = path.resolve(cx.cwd, file);
  const plan = checkPlan(await readJson(absolute, file), file);
  return { plan, root: path.dirname(absolute) };
}

async function readJson(absolute: string, file: string): Promise<unknown> {
  const text = await readFile(absolute, 'utf8').catch(() => {
    throw mlcError('MLC2107', { path: file, used: 'plan' });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw mlcError('MLC2111', { file, detail: 'it is not JSON' }, { cause: error });
  }
}

/** Form only: the content is checked by hash when it is used. */
function checkPlan(value: unknown, file: string): Plan {
  const fail = (detail: string): never => {
    throw mlcError('MLC2111', { file, detail });
  };
  if (typeof value !== 'object' || value === null) return fail('it is not an object');
  const plan = value as Partial<Plan>;
  if (plan.schemaVersion !== PLAN_VERSION) {
    return fail(`schemaVersion is ${String(plan.schemaVersion)}, not ${PLAN_VERSION}`);
  }
  if (plan.core !== CORE_VERSION) fail(`it was made by version ${String(plan.core)}`);
  for (const key of ['name', 'model', 'base', 'platforms', 'python', 'layers', 'config'] as const) {
    if (plan[key] === undefined) fail(`${key} is missing`);
  }
  return plan as Plan;
}
