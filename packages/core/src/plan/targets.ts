import {
  mlcError,
  type EmittedFile,
  type PlanEdit,
  type PlannedTarget,
  type Plugin,
  type TargetContext,
  type TargetFeature,
  type TargetPlugin,
  type TargetView,
} from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { deepFreeze } from '../json.ts';
import { callHook, readContext } from '../plugins/driver.ts';

/** Stands for the image reference in emitted texts until the digest is known. */
export const IMAGE_TOKEN = '@@mlcontainer.image@@';

export function targetsOf(plugins: readonly Plugin[]): readonly TargetPlugin[] {
  return plugins.filter((plugin): plugin is TargetPlugin => plugin.kind === 'target');
}

/** Specs name the image by repository and digest; without a repository nobody can pull what they say. */
export function warnWithoutRepository(
  cx: EngineContext,
  targets: readonly TargetPlugin[],
  image: string | undefined,
): void {
  if (targets.length === 0 || image !== undefined) return;
  const message =
    'the config names no `image` repository, so the specs refer to the image by its bare name';
  cx.host.notify({ code: 'warning', message });
}

/** Checks the features that the plan uses against a target's support map; only what is used can fail. */
export function checkSupport(
  cx: EngineContext,
  target: TargetPlugin,
  uses: readonly TargetFeature[],
): void {
  for (const feature of uses) {
    const stated = target.supports[feature];
    if (stated === undefined) {
      const detail = `supports.${feature} is missing`;
      throw mlcError('MLC2012', { plugin: target.name, hook: 'supports', detail });
    }
    const level = typeof stated === 'string' ? stated : stated.support;
    const message = typeof stated === 'string' ? '' : stated.message;
    if (level === 'unsupported')
      throw mlcError('MLC2104', { target: target.name, feature, message });
    if (level !== 'stable') {
      const text = `${feature} is ${level} on this target${message ? `: ${message}` : ''}`;
      cx.host.notify({ code: 'warning', plugin: target.name, message: text });
    }
  }
}

/** What the target asks to change; a refusal is an error with its remedy. */
export async function askEdits(
  cx: EngineContext,
  root: string,
  target: TargetPlugin,
  view: TargetView,
): Promise<readonly PlanEdit[]> {
  const { constrain } = target;
  if (constrain === undefined) return [];
  const context = targetContext(cx, root, target, view);
  const edits = await callHook(cx, target, 'constrain', () => constrain.call(target, context));
  for (const edit of edits) {
    if (edit.edit === 'refuse') throw mlcError('MLC2105', { target: target.name, ...edit });
  }
  return edits;
}

/** The target's specs, with the token where the image reference will stand. */
export async function emitTarget(
  cx: EngineContext,
  root: string,
  target: TargetPlugin,
  view: TargetView,
): Promise<PlannedTarget> {
  const context = targetContext(cx, root, target, view);
  const emitted = await callHook(cx, target, 'emit', () => target.emit(context));
  return { name: target.name, files: emitted.map((file) => checkEmitted(target.name, file)) };
}

function targetContext(
  cx: EngineContext,
  root: string,
  target: TargetPlugin,
  view: TargetView,
): TargetContext<unknown> {
  return { ...readContext(cx, root, target), options: target.options, plan: deepFreeze(view) };
}

function checkEmitted(plugin: string, file: EmittedFile): EmittedFile {
  const parts = typeof file.path === 'string' ? file.path.split('/') : [''];
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    const detail = `"${String(file.path)}" is not a relative path below targets/${plugin}/`;
    throw mlcError('MLC2012', { plugin, hook: 'emit', detail });
  }
  return { path: file.path, text: file.text };
}
