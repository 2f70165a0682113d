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
  const host = OWN[process.arch] ?? process.arch;
  if (host === platform.architecture) return;
  if (process.platform !== 'linux' && ['docker', 'podman'].includes(engine)) return;
  if (existsSync(BINFMT) && readdirSync(BINFMT).includes(QEMU[platform.architecture])) return;
  throw mlcError('MLC8006', { platform: platformName(platform), host: `linux/${host}` });
}
