import {
  fetchWheel,
  pythonSettings,
  type LockedWheel,
  type PythonSettings,
} from '@mlcontainer/wheels';
import type { EngineContext } from '../context.ts';
import { haveInput } from './input.ts';

/** A locked wheel and where the store keeps it. */
export interface FetchedWheel {
  readonly wheel: LockedWheel;
  readonly path: string;
}

/** What the user's company wrote into pip and uv configuration. */
export function settingsOf(cx: EngineContext): Promise<PythonSettings> {
  return pythonSettings({ env: cx.env, cwd: cx.cwd });
}

/** Wheels of a lock, fetched where the store lacks them. */
export function fetchWheels(
  cx: EngineContext,
  wheels: readonly LockedWheel[],
  settings: PythonSettings,
  compiled: (wheel: LockedWheel) => Promise<string> | undefined = () => undefined,
): Promise<readonly FetchedWheel[]> {
  return Promise.all(
    wheels.map(async (wheel) => {
      const input = { name: wheel.file, sha256: wheel.sha256, size: wheel.size };
      const path = await haveInput(
        cx,
        input,
        () =>
          compiled(wheel) ?? fetchWheel(wheel, { ports: cx.ports, signal: cx.signal, settings }),
      );
      return { wheel, path };
    }),
  );
}
