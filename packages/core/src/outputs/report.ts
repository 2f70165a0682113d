import path from 'node:path';
import { platformName, type Plan } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import type { BuiltImage, ImageSet } from '../image/make.ts';
import { prettyJson } from '../json.ts';
import type { Lock } from '../lock/types.ts';
import type { WrittenOutputs } from './image.ts';
import type { PushedImage } from './push.ts';
import { replaceFile } from './replace.ts';

/** The content of `build.json`. Sizes in bytes, times in milliseconds. */
export interface BuildReport {
  readonly schemaVersion: 1;
  readonly name: string;
  /** Of the manifest, or of the index over several platforms. */
  readonly digest: string;
  /** `repository@sha256:…` */
  readonly reference: string;
  readonly images: readonly ImageReport[];
  /** Absolute paths. */
  readonly layout?: string;
  readonly archive?: string;
  readonly pushed?: PushedImage;
  readonly targets: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly inputs: { readonly debian: number; readonly wheels: number };
  readonly ms: number;
}

/** One platform’s image in `build.json`; sizes in bytes. */
export interface ImageReport {
  readonly platform: string;
  readonly digest: string;
  /** Of all layers, compressed. */
  readonly size: number;
  /** As they unpack; not known where a layer was neither made nor in the store. */
  readonly uncompressedSize?: number;
  readonly layers: readonly LayerReport[];
}

/** One layer in `build.json`: what it is, whose, and whether it had to be made. Size in bytes, compressed. */
export interface LayerReport {
  readonly title: string;
  readonly slot: string;
  readonly owner: string;
  readonly recipe: string;
  readonly digest: string;
  readonly size: number;
  readonly reused: boolean;
  /** Why it was made, or why it was not. */
  readonly because: string;
  readonly ms: number;
}

export interface ReportInput {
  readonly plan: Plan;
  readonly lock: Lock;
  readonly images: ImageSet;
  readonly outputs: WrittenOutputs;
  readonly pushed: PushedImage | undefined;
  readonly targets: BuildReport['targets'];
  readonly reference: string;
  readonly ms: number;
}

export function buildReport(input: ReportInput): BuildReport {
  const { plan, lock, images, outputs, pushed, targets, reference, ms } = input;
  const count = (lists: readonly { packages: readonly unknown[] }[]): number =>
    lists.reduce((total, list) => total + list.packages.length, 0);
  return {
    schemaVersion: 1,
    name: plan.name,
    digest: images.root.digest,
    reference,
    images: images.images.map(imageReport),
    ...outputs,
    ...(pushed === undefined ? {} : { pushed }),
    targets,
    inputs: { debian: count(lock.debian), wheels: count(lock.python) },
    ms: Math.round(ms),
  };
}

/** `dist/<name>/build.json`, whole or not at all. */
export async function writeReport(
  cx: EngineContext,
  folder: string,
  report: BuildReport,
): Promise<void> {
  const file = path.join(folder, 'build.json');
  await replaceFile(file, prettyJson(report));
  cx.host.notify({ code: 'output', kind: 'report', path: file });
}

function imageReport({ platform, layers, assembled }: BuiltImage): ImageReport {
  const unpacked = layers.map(({ result }) => result.uncompressedSize);
  const known = unpacked.every((size) => size !== undefined);
  return {
    platform: platformName(platform),
    digest: assembled.descriptor.digest,
    size: layers.reduce((total, { result }) => total + result.size, 0),
    ...(known ? { uncompressedSize: unpacked.reduce((total, size) => total + size, 0) } : {}),
    layers: layers.map(({ layer, recipe, result, origin, ms }) => ({
      title: layer.title,
      slot: layer.slot,
      owner: layer.owner,
      recipe,
      digest: result.digest,
      size: result.size,
      reused: origin() !== 'made',
      because: BECAUSE[origin()],
      ms: Math.round(ms()),
    })),
  };
}

const BECAUSE = {
  made: 'the store has no layer of this recipe',
  store: 'same recipe',
  base: 'a layer of the base image',
  lock: 'the lock knows this recipe, and the registry has its layer',
} as const;
