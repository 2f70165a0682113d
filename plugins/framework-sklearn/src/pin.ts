import { mlcError, type PlanContext } from '@mlcontainer/plugin-kit';
import { stampOf } from './detect.ts';
import type { SklearnOptions } from './options.ts';
import { pythonsOf } from './releases.ts';
import { parseVersion } from './version.ts';
import { allows, parseRequirement, type Requirement } from './requirement.ts';

/** The version to serve with, and why. */
export interface Pin {
  readonly version: string;
  readonly reason: string;
}

/** Decides the version: the option, otherwise the model's stamp. Throws MLC3101, MLC3100 and MLC3102. */
export function pinVersion(cx: PlanContext<SklearnOptions>): Pin {
  const pin = choose(cx);
  const conflict = userRequirements(cx).find(
    (r) => r.name === 'scikit-learn' && !allows(r, pin.version),
  );
  if (conflict !== undefined) {
    throw mlcError('MLC3100', {
      package: 'scikit-learn',
      found: pin.version,
      wanted: conflict.text,
    });
  }
  demandWheels(pin.version, cx.pythonVersion);
  return pin;
}

function choose(cx: PlanContext<SklearnOptions>): Pin {
  const { version, versionReason } = cx.options;
  const stamp = stampOf(cx.facts);
  if (version !== undefined) {
    const instead = stamp === undefined ? '' : `, instead of ${stamp}, which wrote the model`;
    return { version, reason: `the config says ${version}${instead}: ${versionReason ?? ''}` };
  }
  if (stamp !== undefined && parseVersion(stamp) === undefined) {
    throw mlcError('MLC3104', { file: cx.facts.fileName, package: 'scikit-learn', stamp });
  }
  if (stamp === undefined)
    throw mlcError('MLC3101', { file: cx.facts.fileName, package: 'scikit-learn' });
  return { version: stamp, reason: `the model was written by scikit-learn ${stamp}` };
}

/** What the user asked for, parsed. */
export function userRequirements(cx: PlanContext<SklearnOptions>): readonly Requirement[] {
  return cx.requirements.flatMap((text) => parseRequirement(text) ?? []);
}

function demandWheels(version: string, python: string): void {
  const supported = pythonsOf(version);
  if (supported === undefined || supported.includes(python)) return;
  throw mlcError('MLC3102', {
    package: 'scikit-learn',
    version,
    python,
    supported,
    remedy: remedy(supported),
  });
}

/** Bookworm brings Python 3.11, trixie 3.13; below 3.11 no server runs, so that only another export helps. */
function remedy(supported: readonly string[]): string {
  if (supported.includes('3.11')) return "Set base: debian('bookworm'), which brings Python 3.11.";
  if (supported.includes('3.13')) return "Set base: debian('trixie'), which brings Python 3.13.";
  return 'Load the model where it was trained, and export it again with a newer scikit-learn.';
}
