import { existsSync, readdirSync } from 'node:fs';
import { mlcError, platformName, type Architecture, type Platform } from '@mlcontainer/plugin-kit';
import type { EngineName } from './types.ts';

const OWN: Readonly<Record<string, Architecture>> = { x64: 'amd64', arm64: 'arm64' };
const QEMU: Readonly<Record<Architecture, string>> = {
  amd64: 'qemu-x86_64',
  arm64: 'qemu-aarch64',
};
const BINFMT = '/proc/sys/fs/binfmt_misc';

/**
 * Refuses an image of a foreign architecture that the kernel has no emulator for (binfmt_misc). docker and podman may
 * run in a machine of their own, which is asked by starting. Throws MLC8006.
 */
export function checkArchitecture(platform: Platform, engine: EngineName): void {
  if (runsHere(platform)) return;
  if (process.platform !== 'linux' && ['docker', 'podman'].includes(engine)) return;
  throw mlcError('MLC8006', { platform: platformName(platform), host: hostPlatform() });
}

/** Whether the kernel runs programs of a platform, by itself or through an emulator. */
export function runsHere({ architecture }: Platform): boolean {
  if (OWN[process.arch] === architecture) return true;
  return existsSync(BINFMT) && readdirSync(BINFMT).includes(QEMU[architecture]);
}

/** This machine as a platform is written: `linux/amd64`. */
export function hostPlatform(): string {
  return `linux/${OWN[process.arch] ?? process.arch}`;
}
