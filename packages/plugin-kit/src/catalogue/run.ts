import { entry } from './entry.ts';

const ENGINES = 'docker, podman, crun, runc, user namespaces (unshare), or chroot as root';

/** MLC8xxx: starting a built image on this machine. */
export const runErrors = {
  MLC8001: entry<{ reasons: string }>({
    title: 'Nothing here can run the image',
    message: (d) => `No engine works on this machine:\n${d.reasons}`,
    why: `An image needs one of: ${ENGINES}.`,
    fix: 'Install or start one of them; the reasons above say what each one lacks. Building needs none of them.',
  }),
  MLC8002: entry<{ engine: string; reason: string }>({
    title: 'Engine does not work here',
    message: (d) => `${d.engine} cannot be used: ${d.reason}.`,
    why: 'It was asked for by name, so no other was tried.',
    fix: 'Mend it, or leave --engine away so that whatever works is taken.',
  }),
  MLC8003: entry<{ engine: string; step: string; detail: string }>({
    title: 'Container did not start',
    message: (d) => `${d.engine} failed to ${d.step}: ${d.detail}`,
    why: 'The engine refused before any code of the image ran.',
    fix: 'Read its message; --engine names another one.',
  }),
  MLC8004: entry<{ engine: string; exit: number; log: string }>({
    title: 'Container ended before it was ready',
    message: (d) => `The container ended with exit code ${d.exit} under ${d.engine}:\n${d.log}`,
    why: (d) =>
      d.exit === 137
        ? 'It was killed; most often it had not enough memory.'
        : 'The server stops when its settings, its model or the warm-up prediction fail.',
    fix: 'The last lines above name the reason. A model that fails its warm-up here fails it everywhere.',
  }),
  MLC8005: entry<{ layout: string; platform: string; available: string }>({
    title: 'Platform not in the image',
    message: (d) => `${d.layout} has no image for ${d.platform}, only for ${d.available}.`,
    why: 'An image runs only on a platform that it was built for.',
    fix: (d) => `Add '${d.platform}' to \`platforms\` in the config and build again.`,
    exit: 2,
  }),
  MLC8006: entry<{ platform: string; host: string }>({
    title: 'Wrong processor',
    message: (d) => `An image for ${d.platform} cannot run on ${d.host}.`,
    why: 'The kernel has no emulator registered for that architecture.',
    fix: 'Build for this machine’s platform as well, or register QEMU (Debian: qemu-user-static, binfmt-support).',
    exit: 2,
  }),
  MLC8007: entry<{ layout: string; detail: string }>({
    title: 'Image incomplete',
    message: (d) => `${d.layout} cannot be run: ${d.detail}.`,
    why: 'The folder was not written by a finished build, or files in it are missing or changed.',
    fix: 'Build again.',
  }),
  MLC8008: entry<{ layer: string; path: string; detail: string }>({
    title: 'Layer cannot be unpacked',
    message: (d) => `Layer ${d.layer}, entry ${d.path}: ${d.detail}.`,
    why: 'A root filesystem is only started when every entry was laid as the layer says.',
    fix: 'If the disk is full, free space. Otherwise the image is damaged: build again.',
  }),
} as const;
