import { mlcError, type Plan, type PlannedImageBase } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { Lock } from '../lock/types.ts';
import { mirrorsOf } from './debian.ts';
import {
  haveCompiler,
  haveInterpreter,
  hostArchitecture,
  hostDebianLock,
  type CompilerMeans,
  type Interpreter,
} from './interpreter.ts';

/**
 * The Python that uv is shown while it resolves. The one of a foreign base only where the plan lets it run anyway, to
 * compile bytecode; undefined otherwise, and uv finds one itself.
 */
export async function resolvingInterpreter(
  cx: EngineContext,
  plan: Plan,
  lock: Pick<Lock, 'debian' | 'tools'>,
): Promise<Interpreter | undefined> {
  if (plan.base.kind === 'image')
    return plan.options.bytecode ? basePython(cx, plan.base) : undefined;
  return haveInterpreter(cx, hostDebianLock(lock.debian, lock.tools), await mirrorsOf(cx, plan));
}

/** The Python that compiles the image's bytecode. */
export async function compilingInterpreter(
  cx: EngineContext,
  plan: Plan,
  lock: Pick<Lock, 'debian' | 'tools'>,
  means: CompilerMeans,
): Promise<Interpreter> {
  if (plan.base.kind === 'image') return basePython(cx, plan.base);
  return haveCompiler(cx, hostDebianLock(lock.debian, lock.tools), means);
}

async function basePython(cx: EngineContext, base: PlannedImageBase): Promise<Interpreter> {
  const architecture = hostArchitecture();
  const own = base.images.find(({ platform }) => platform.architecture === architecture);
  if (own === undefined) {
    const detail = `none of the plan’s platforms is that of this machine (${process.platform}/${process.arch})`;
    throw mlcError('MLC6711', { reference: base.reference, detail });
  }
  const { haveBaseInterpreter } = await import('../base/interpreter.ts');
  const { sourceOf } = await import('../base/stage.ts');
  return haveBaseInterpreter(cx, sourceOf(cx, base), own);
}
