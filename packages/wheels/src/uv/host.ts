/** The machine that builds, as far as a program's wheel must fit it. */
export interface Host {
  readonly os: string;
  readonly arch: string;
  /** `2.36`; undefined on musl and elsewhere. */
  readonly glibc?: string | undefined;
}

/** This machine. */
export function thisHost(): Host {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { os: process.platform, arch: process.arch, glibc: report.header?.glibcVersionRuntime };
}

const MACHINES: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'amd64'],
  arm64: ['aarch64', 'arm64'],
};

/**
 * Whether a program in a wheel with this platform tag runs on the host (PEP 600, PEP 656; macOS tags by machine).
 * A static musl build runs on any Linux.
 */
export function runsOn(platformTag: string, host: Host): boolean {
  const machines = MACHINES[host.arch] ?? [];
  if (
    !machines.some((machine) => platformTag.endsWith(`_${machine}`)) &&
    !platformTag.endsWith('_universal2')
  )
    return false;
  if (host.os === 'darwin') return platformTag.startsWith('macosx_');
  if (host.os !== 'linux') return false;
  if (platformTag.startsWith('musllinux_')) return true;
  const manylinux = /^manylinux_2_(\d+)_/.exec(platformTag)?.[1];
  const minor = Number(host.glibc?.split('.')[1]);
  return manylinux !== undefined && Number.isFinite(minor) && Number(manylinux) <= minor;
}
