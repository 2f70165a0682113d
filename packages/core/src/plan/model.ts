import { chooseModelCompression } from '@mlcontainer/oci';
import type { Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';

/**
 * How the model's own layer is compressed: like the others where a sample of the file shows that it pays, else not
 * at all. Decided from the bytes, so that it is part of the plan.
 */
export async function modelCompression(
  cx: EngineContext,
  file: string,
  wanted: Plan['options']['compression'],
): Promise<Plan['model']['compression']> {
  const pays = await chooseModelCompression(file, { signal: cx.signal });
  return pays === 'none' ? 'none' : wanted;
}
