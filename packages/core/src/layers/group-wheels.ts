import type { LockedWheel } from '@mlcontainer/wheels';
import { mlcError } from '@mlcontainer/plugin-kit';

/**
 * One wheel a layer, so that images share them; where that would break the layer budget, the smallest wheels
 * join into one layer, which stands first. Largest last among equals is decided by name, never by the machine.
 */
export function groupWheels(
  wheels: readonly LockedWheel[],
  room: number,
): readonly (readonly LockedWheel[])[] {
  if (wheels.length > 0 && room < 1) {
    throw mlcError('MLC2304', { layers: wheels.length - room + 1, budget: wheels.length });
  }
  if (wheels.length <= room) return wheels.map((wheel) => [wheel]);
  const bySize = [...wheels].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const alone = new Set(bySize.slice(0, room - 1));
  const small = wheels.filter((wheel) => !alone.has(wheel));
  return [small, ...wheels.filter((wheel) => alone.has(wheel)).map((wheel) => [wheel])];
}
