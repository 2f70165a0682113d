import { placeFile, type InstallPaths } from '../layer/place.ts';
import { NO_TRIM, planTrim, type TrimPlan } from '../layer/trim.ts';
import type { Wheel } from '../wheel/open.ts';
import { readChecked } from '../wheel/verify.ts';
import type { SourceFile } from './compile.ts';

/** How a wheel is laid, as `wheelLayerEntries` lays it. */
export interface WheelPlaces extends InstallPaths {
  readonly trim: boolean | TrimPlan;
}

/** The `.py` files of a wheel's site-packages for a `Compiler`, in the order of their image paths. */
export function wheelSources(wheel: Wheel, places: WheelPlaces): SourceFile[] {
  const { trim } = places;
  const plan = typeof trim === 'object' ? trim : trim ? planTrim(wheel) : NO_TRIM;
  return wheel.files
    .filter(
      (file) =>
        file.scheme === 'site' && file.path.endsWith('.py') && !plan.left.has(file.member.name),
    )
    .map((file) => ({
      path: placeFile(file, wheel.name, places),
      read: () => readChecked(wheel, file),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
