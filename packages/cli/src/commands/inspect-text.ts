import type { Finding, ModelFacts, TensorFact } from '@mlcontainer/plugin-kit';
import type { ImageInspection } from '@mlcontainer/core';
import type { Style } from '../term/style.ts';
import { bytesText, columns, countText, padStart, printable } from '../term/text.ts';

/** More names than this are counted, not listed. */
const MANY = 12;

/** Facts of a model for a person. */
export function factsText(facts: ModelFacts, style: Style): string {
  const { estimator, featureNames, globals, inputs, outputs, packages } = facts;
  const rows: (readonly [string, string] | undefined)[] = [
    ['file', `${printable(facts.fileName)}  ${style.dim(bytesText(facts.size))}`],
    ['sha256', style.dim(facts.sha256)],
    ['format', formatText(facts)],
    ...packages.map(packageRow(style)),
    estimator && ['estimator', printable(estimator.className)],
    estimator?.steps && ['steps', estimator.steps.map(stepText).join(' → ')],
    estimator?.classes && ['classes', listText(estimator.classes.map(String))],
    ['inputs', inputs.map(tensorText).join(', ') || style.dim('unknown')],
    outputs.length === 0 ? undefined : ['outputs', outputs.map(tensorText).join(', ')],
    featureNames && ['features', listText(featureNames)],
    globals.length === 0 ? undefined : ['globals', countText(globals.length, 'name')],
  ];
  const shown = rows.filter((row) => row !== undefined);
  return columns(shown.map(([key, value]) => [style.dim(key), value]));
}

function formatText({ format, compression, pickleProtocol, trust }: ModelFacts): string {
  const parts = [
    format,
    pickleProtocol === undefined ? '' : `pickle protocol ${pickleProtocol}`,
    compression === 'none' ? 'not compressed' : `compressed with ${compression}`,
    trust === 'code' ? 'loading it can run code' : 'loading it runs no code',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function packageRow(style: Style) {
  return ({ name, version, specifier, evidence }: ModelFacts['packages'][number]) =>
    [
      'package',
      `${style.strong(printable(`${name} ${version ?? specifier ?? ''}`.trim()))}  ${style.dim(printable(evidence))}`,
    ] as const;
}

function stepText({
  name,
  className,
}: {
  readonly name: string;
  readonly className: string;
}): string {
  return printable(`${name} (${className.split('.').at(-1) ?? className})`);
}

function tensorText({ name, datatype, shape }: TensorFact): string {
  return `${printable(name)} ${printable(datatype)}[${shape.map((size) => (size === -1 ? '·' : size)).join(', ')}]`;
}

function listText(values: readonly string[]): string {
  const listed = printable(values.slice(0, MANY).join(', '));
  return values.length <= MANY ? listed : `${listed} and ${values.length - MANY} more`;
}

/** Findings, the worst first. */
export function findingsText(findings: readonly Finding[], style: Style): string {
  const order = ['error', 'warning', 'info'];
  const marks = { error: style.bad('✖'), warning: style.warn('!'), info: style.dim('·') };
  return [...findings]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .map(({ severity, code, message, where, fix }) => {
      const place = where === undefined ? '' : style.dim(` at ${printable(where)}`);
      const line = `${marks[severity]} ${printable(message)}${place} ${style.dim(code)}`;
      return fix === undefined ? line : `${line}\n  ${style.dim(printable(fix))}`;
    })
    .join('\n');
}

/** Images of a layout or archive for a person. */
export function imageText({ images }: ImageInspection, style: Style): string {
  return images
    .map((image) => {
      const { platform, digest, layers, size, uncompressedSize, user, entrypoint } = image;
      const facts = [
        ['digest', digest],
        ['unpacked', bytesText(uncompressedSize)],
        ['runs as', printable(user || 'root')],
        ['starts', printable(entrypoint.join(' '))],
      ].map(([key = '', value = '']) => [style.dim(key), value]);
      const rows = layers.map((layer) => [
        style.dim(layer.digest.slice(0, 19)),
        padStart(bytesText(layer.size), 8),
        printable(layer.title ?? ''),
      ]);
      const head = `${style.strong(platform)}  ${bytesText(size)} in ${countText(layers.length, 'layer')}`;
      return `${head}\n${columns(facts, '  ')}\n${columns(rows, '  ')}`;
    })
    .join('\n\n');
}
