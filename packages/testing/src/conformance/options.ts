import type { Plugin, StandardIssue, StandardSchemaV1 } from '@mlcontainer/plugin-kit';

import { check, type Check } from '../check.ts';
import { describeError } from './errors.ts';
import { deepFreeze, stableJson } from './json.ts';
import { issuePath, issueText, makePlugin, type Subject } from './subject.ts';

const UNKNOWN = 'mlcUnknownOption';

type Validate = (value: unknown) => Promise<readonly StandardIssue[]>;

/** How a plugin checks its options: by a Standard Schema that names every problem. */
export function optionChecks<P extends Plugin>(
  subject: Subject<P>,
  label: string,
  caseOptions?: unknown,
): Check[] {
  const one = (
    rule: string,
    says: string,
    find: (schema: StandardSchemaV1, options: unknown) => Promise<readonly string[]>,
  ): Check =>
    check(`options/${rule}`, `${label}: ${says}`, async () => {
      const plugin = makePlugin(subject, caseOptions);
      if (plugin.optionsSchema !== undefined)
        return find(plugin.optionsSchema as StandardSchemaV1, plugin.options ?? {});
      return plugin.options === undefined ? [] : ['it has options, but no schema that checks them'];
    });
  return [
    one('schema', 'options are checked by a Standard Schema', schemaProblems),
    one('unknown', 'an unknown option is refused by its name', unknownProblems),
    one('type', 'an option of the wrong type is refused with its path', typeProblems),
    one('anything', 'anything at all is refused without throwing', anythingProblems),
    one('pure', 'checking changes nothing and depends on nothing', purityProblems),
  ];
}

function validator(schema: StandardSchemaV1): Validate {
  return async (value) => (await schema['~standard'].validate(value)).issues ?? [];
}

async function schemaProblems(schema: StandardSchemaV1): Promise<readonly string[]> {
  const { version, vendor, validate } = schema['~standard'];
  const isStandard = version === 1 && typeof vendor === 'string' && typeof validate === 'function';
  return isStandard ? [] : ['optionsSchema does not follow Standard Schema v1'];
}

async function unknownProblems(
  schema: StandardSchemaV1,
  options: unknown,
): Promise<readonly string[]> {
  const issues = await validator(schema)({ ...(options as object), [UNKNOWN]: true });
  if (issues.length === 0) return ['it takes an option that it does not know'];
  const named = issues.some(
    (issue) => issuePath(issue).includes(UNKNOWN) || issue.message.includes(UNKNOWN),
  );
  return named ? [] : [`it does not name the unknown option: ${issues.map(issueText).join('; ')}`];
}

/** No option is a function or a symbol, so every one of them has to mind. */
async function typeProblems(
  schema: StandardSchemaV1,
  options: unknown,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const key of Object.keys(options as object)) {
    const issues = await validator(schema)({
      ...(options as object),
      [key]: Symbol.for('mlcontainer.wrong'),
    });
    if (issues.length === 0) problems.push(`it takes anything for ${key}`);
    else if (!issues.some((issue) => issuePath(issue).startsWith(key)))
      problems.push(`its refusal of ${key} does not name it`);
  }
  return problems;
}

const ANYTHING: readonly unknown[] = [
  null,
  1,
  'text',
  true,
  [],
  [null],
  () => undefined,
  Object.create(null),
  { constructor: 1 },
];

async function anythingProblems(schema: StandardSchemaV1): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const value of ANYTHING) {
    const error: unknown = await validator(schema)(value).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) problems.push(`its schema threw ${describeError(error)}`);
  }
  return problems;
}

async function purityProblems(
  schema: StandardSchemaV1,
  options: unknown,
): Promise<readonly string[]> {
  const frozen: unknown = deepFreeze(structuredClone(options));
  const run = async (): Promise<string> => stableJson(await schema['~standard'].validate(frozen));
  const results = [await run(), await run()];
  return results[0] === results[1] ? [] : ['it gives different results for the same options'];
}
