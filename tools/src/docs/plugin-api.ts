import type { Api, ApiEntry } from './api.ts';
import { page, type Page } from './page.ts';

/** The plugin contract, export by export. */
export function pluginApiPage(api: Api): Page {
  const entries = api.entries('packages/plugin-kit').filter(({ name }) => name !== 'catalogue');
  const files = [...new Set(entries.map(({ file }) => file))];
  const sections = files.flatMap((file) => [
    `## ${file.replace(/\.ts$/, '')}`,
    ...entries.filter((entry) => entry.file === file).map(section),
  ]);
  const intro =
    'Everything that `@mlcontainer/plugin-kit` exports. The guide is [Writing a plugin](../guide/plugins.md).';
  return page('plugin-api.md', 'Plugin API', '`packages/plugin-kit/src/`', [intro, ...sections]);
}

function section({ name, doc, code }: ApiEntry): string {
  return [
    `### ${name}`,
    ...(doc ? [doc] : []),
    `\`\`\`ts\n${code.replaceAll(/^export /gm, '')}\n\`\`\``,
  ].join('\n\n');
}
