import {
  mlcError,
  type Plugin,
  type StandardIssue,
  type StandardSchemaV1,
} from '@mlcontainer/plugin-kit';

/** Checks a plugin's options with its own schema and binds the result, defaults filled in. */
export async function checkOptions(plugin: Plugin): Promise<Plugin> {
  const schema: StandardSchemaV1 | undefined = plugin.optionsSchema;
  if (schema === undefined) return plugin;
  const result = await schema['~standard'].validate(plugin.options ?? {});
  if (result.issues !== undefined) {
    throw mlcError('MLC2004', { plugin: plugin.name, problems: result.issues.map(issueText) });
  }
  return { ...plugin, options: result.value } as Plugin;
}

function issueText(issue: StandardIssue): string {
  const path = (issue.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
