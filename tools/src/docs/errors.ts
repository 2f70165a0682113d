import { catalogue } from '@mlcontainer/plugin-kit';
import { page, type Page } from './page.ts';

/** What the pages show of an entry; the texts of the catalogue are functions of data that only a failure has. */
interface Texts {
  readonly title: string;
  readonly message: (data: unknown) => string;
  readonly why: string | ((data: unknown) => string);
  readonly fix: string | ((data: unknown) => string);
  readonly exit?: number;
}

const AREAS: Readonly<Record<string, string>> = {
  MLC1: 'Config',
  MLC2: 'Plugins, plan and lock',
  MLC3: 'Inspection',
  MLC4: 'Debian packages',
  MLC5: 'Python packages',
  MLC6: 'Layers and images',
  MLC7: 'Network, store, processes, disk',
  MLC8: 'Running',
  MLC9: 'Targets',
};

const EXITS: Readonly<Record<number, string>> = {
  1: '1, failed',
  2: '2, usage or config',
  3: '3, findings',
  75: '75, worth retrying',
};

/** Every code of the catalogue, in order, under its area. */
export function errorsPage(): Page {
  const codes = Object.keys(catalogue).toSorted();
  const areas = [...new Set(codes.map((code) => code.slice(0, 4)))];
  const sections = areas.flatMap((area) => [
    `## ${AREAS[area] ?? area}`,
    ...codes.filter((code) => code.startsWith(area)).map(section),
  ]);
  const intro =
    'Each error has a permanent code, what happened, why that is an error, and what to do. ' +
    'Values that a message fills in stand in ‹angle marks›.';
  return page('errors.md', 'Errors', '`packages/plugin-kit/src/catalogue/`', [intro, ...sections]);
}

function section(code: string): string {
  const texts = (catalogue as unknown as Readonly<Record<string, Texts>>)[code];
  if (!texts) throw new Error(`No entry for ${code}.`);
  const say = (text: Texts['why']) => (typeof text === 'string' ? text : text(placeholders()));
  return [
    `### ${code}: ${texts.title}`,
    texts.message(placeholders()).replaceAll(/^/gm, '> '),
    `**Why.** ${say(texts.why)}`,
    `**What to do.** ${say(texts.fix)}`,
    `**Exit code.** ${EXITS[texts.exit ?? 1]}.`,
  ].join('\n\n');
}

/** Data in which every value reads as its own name in angle marks, whatever the text does with it. */
function placeholders(): unknown {
  return new Proxy({}, { get: (_, key) => placeholder(String(key)) });
}

function placeholder(name: string): unknown {
  const shown = `‹${name}›`;
  const get = (_: unknown, key: string | symbol): unknown => {
    if (key === Symbol.toPrimitive || ['toString', 'toJSON', 'join'].includes(String(key)))
      return () => shown;
    if (key === Symbol.iterator) return [shown][Symbol.iterator].bind([shown]);
    return key === 'length' ? 1 : placeholder(name);
  };
  return new Proxy(() => undefined, { get, apply: () => placeholder(name) });
}
