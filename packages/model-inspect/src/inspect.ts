import { basename } from 'node:path';
import { isMlcError, mlcError, type Finding, type ModelFacts } from '@mlcontainer/plugin-kit';
import { finishSource, openSource, readChunk } from './bytes/source.ts';
import { createWindow, fill, type Window } from './bytes/window.ts';
import { mlcFinding } from './finding.ts';
import { detectFormat, HEAD } from './formats/table.ts';
import { DEFAULT_LIMITS, type Limits } from './pickle/limits.ts';
import { createPolicy } from './policy/policy.ts';
import { blankFacts, type Report } from './report.ts';

/** How a model file is inspected. */
export interface InspectOptions {
  /** Globals let in besides the built-in safe core: exact `module.name`, or `module:Outer.Inner` for a nested class. */
  readonly allowedGlobals: readonly string[];
  /** How facts and messages call the file; the last part of the path when left out. */
  readonly fileName?: string;
  readonly limits?: Partial<Limits>;
  readonly signal: AbortSignal;
}

/** What inspection found; a finding of severity `error` means that the model must not be served. */
export interface InspectResult {
  readonly facts: ModelFacts;
  readonly findings: readonly Finding[];
}

/**
 * Reads a model file once, as a stream, without ever loading it: framework and version, estimator, inputs, every
 * global, SHA-256. What is wrong with the content is a finding; only a file that cannot be read throws (MLC3001,
 * MLC3002), as does an aborted signal.
 */
export async function inspectModel(
  path: string,
  options: InspectOptions,
): Promise<{ facts: ModelFacts; findings: Finding[] }> {
  const source = await openSource(path, options.signal);
  try {
    const fileName = options.fileName ?? basename(path);
    const { facts, findings } = await inspectStream(fileName, () => readChunk(source), options);
    return { facts: { fileName, ...(await finishSource(source)), ...facts }, findings };
  } finally {
    await source.handle.close();
  }
}

/** Inspects what `pull` gives, chunk by chunk, up to the end or to the first fault. */
export async function inspectStream(
  file: string,
  pull: () => Promise<Uint8Array | undefined>,
  options: Pick<InspectOptions, 'allowedGlobals' | 'limits' | 'signal'>,
): Promise<Pick<Report, 'facts' | 'findings'>> {
  const report: Report = {
    file,
    policy: createPolicy(file, options.allowedGlobals),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    findings: [],
    signal: options.signal,
    facts: blankFacts('unknown'),
  };
  await readInto(report, createWindow(pull));
  return { facts: report.facts, findings: report.findings };
}

/** Runs the reader of the format; its fault becomes the last finding. */
async function readInto(report: Report, raw: Window): Promise<void> {
  try {
    await fill(raw, HEAD);
    const head = raw.buffer.subarray(raw.pos, raw.end).subarray(0, HEAD);
    if (head.length === 0) throw mlcError('MLC3003', { file: report.file });
    const format = detectFormat(head);
    if (format === undefined) {
      throw mlcError('MLC3004', {
        file: report.file,
        head: Buffer.from(head.subarray(0, 8)).toString('hex'),
      });
    }
    report.facts = blankFacts(format.name);
    if (format.read === undefined)
      throw mlcError('MLC3005', { file: report.file, format: format.name });
    await format.read(report, raw);
  } catch (error) {
    if (!isMlcError(error)) throw error;
    report.findings.push(mlcFinding(error, 'error'));
  }
}
