import { configJsonSchema } from '@mlcontainer/config-loader';
import type { Api, ApiMember } from './api.ts';
import { page, table, type Page } from './page.ts';

/** What the page reads of a JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
}

/** Every key of `mlcontainer.config`, from the type that an editor shows and the schema that is enforced. */
export function configPage(api: Api): Page {
  const schema = configJsonSchema() as Schema;
  const members = api.members('packages/plugin-kit', 'UserConfig');
  const intro =
    'The default export of `mlcontainer.config.{ts,mts,cts,js,mjs,cjs}`. An unknown key is an error that suggests ' +
    'the near one. `mlcontainer schema` prints the JSON Schema. The guide is [The config](../guide/config.md).';
  const overview = table(
    ['key', 'type', 'meaning'],
    members.map(({ name, type, doc, optional }) => [
      `\`${name}\`${optional ? '' : ' (required)'}`,
      `\`${type}\``,
      doc,
    ]),
  );
  const rules = members.flatMap((member) => ruleRows(member, schema));
  return page('config.md', 'Config', '`UserConfig` in `packages/plugin-kit/src/config.ts`', [
    intro,
    overview,
    '## What is checked',
    table(['where', 'rule'], rules),
  ]);
}

function ruleRows({ name }: ApiMember, schema: Schema): string[][] {
  const own = schema.properties?.[name];
  if (!own) throw new Error(`The schema does not know the key ${name} of UserConfig.`);
  return rules(name, own);
}

function rules(path: string, schema: Schema): string[][] {
  const rule = ruleOf(schema);
  const alternatives = schema.anyOf ?? schema.oneOf ?? [];
  return unique([
    ...(rule ? [[`\`${path}\``, rule]] : []),
    ...alternatives.flatMap((inner) => rules(path, inner)),
    ...(schema.items ? rules(`${path}[]`, schema.items) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
      rules(`${path}.${key}`, inner),
    ),
  ]);
}

function ruleOf(schema: Schema): string | undefined {
  if (schema.enum) return `one of ${schema.enum.map((value) => `\`${String(value)}\``).join(', ')}`;
  if (schema.minimum !== undefined) return `${schema.minimum} to ${schema.maximum ?? '…'}`;
  if (schema.pattern === String.raw`\S`) return 'not empty';
  return schema.pattern === undefined ? undefined : `matches \`${schema.pattern}\``;
}

function unique(rows: readonly string[][]): string[][] {
  return [...new Map(rows.map((row) => [row.join('\0'), row])).values()];
}
