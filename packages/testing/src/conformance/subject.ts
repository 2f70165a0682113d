import { isPlugin, mlcError, type Plugin, type StandardIssue } from '@mlcontainer/plugin-kit';

/** A plugin, or the factory that makes one of options. */
export type Subject<P extends Plugin> = P | ((options?: never) => P);

/** A plugin with the options that its hooks get. */
export interface Bound<P extends Plugin> {
  readonly plugin: P;
  readonly options: unknown;
}

/** The plugin itself, made of options where there is a factory. */
export function makePlugin<P extends Plugin>(subject: Subject<P>, options?: unknown): P {
  return typeof subject === 'function' ? subject(options as never) : subject;
}

/** Makes the plugin and checks its options as the core does: by its own schema, or MLC2004. */
export async function bindPlugin<P extends Plugin>(
  subject: Subject<P>,
  options?: unknown,
): Promise<Bound<P>> {
  const plugin = makePlugin(subject, options);
  if (!isPlugin(plugin)) throw new Error('not made by definePlugin');
  const schema = plugin.optionsSchema;
  if (schema === undefined) return { plugin, options: plugin.options };
  const result = await schema['~standard'].validate(plugin.options ?? {});
  if (result.issues === undefined) return { plugin, options: result.value as unknown };
  throw mlcError('MLC2004', { plugin: plugin.name, problems: result.issues.map(issueText) });
}

/** The path of an issue (Standard Schema v1) as `a.b`. */
export function issuePath({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

export function issueText(issue: StandardIssue): string {
  const path = issuePath(issue);
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
