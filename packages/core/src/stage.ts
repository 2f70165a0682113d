import type { Stage } from '@mlcontainer/plugin-kit';
import type { EngineContext } from './context.ts';

/** Runs one stage of the flow and tells the host when it starts and how long it took. */
export async function stage<T>(
  cx: EngineContext,
  name: Stage,
  run: () => Promise<T>,
  summary?: (result: T) => string,
): Promise<T> {
  cx.signal.throwIfAborted();
  const start = cx.ports.clock.monotonic();
  cx.host.notify({ code: 'stage-start', stage: name });
  const result = await run();
  const ms = cx.ports.clock.monotonic() - start;
  cx.host.notify({
    code: 'stage-done',
    stage: name,
    ms,
    ...(summary ? { summary: summary(result) } : {}),
  });
  return result;
}
