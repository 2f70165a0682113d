import type { HistoryJson } from '@mlcontainer/oci';
import type { Architecture, Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { BaseHistories } from './make.ts';

/** What the configurations of a plan's base tell of its layers; none on a Debian base. */
export async function baseHistories(cx: EngineContext, plan: Plan): Promise<BaseHistories> {
  const histories = new Map<Architecture, readonly HistoryJson[]>();
  if (plan.base.kind === 'debian') return histories;
  const { sourceOf } = await import('../base/stage.ts');
  const { baseConfiguration } = await import('../base/pin.ts');
  const source = sourceOf(cx, plan.base);
  for (const image of plan.base.images) {
    const { history } = await baseConfiguration(cx, source, image);
    histories.set(image.platform.architecture, history ?? []);
  }
  return histories;
}
