import { setImmediate } from 'node:timers/promises';
import { mlcError } from '@mlcontainer/plugin-kit';
import { createWindow, type Window } from '../bytes/window.ts';
import { decompress, detectCompression, type Compression } from '../compression/detect.ts';
import { mlcFinding } from '../finding.ts';
import { packageFacts } from '../packages.ts';
import { dangersLetIn } from '../policy/policy.ts';
import type { Report } from '../report.ts';
import { estimatorFacts } from '../sklearn/estimator.ts';
import type { Inspection } from './machine.ts';
import type { Value } from './values.ts';
import { demandEnd, walkPickle } from './walk.ts';

/** Reads a pickle or joblib file, compressed or not; a fault is thrown after the facts found until then are set. */
export async function readPickleFile(report: Report, raw: Window): Promise<void> {
  const compression = detectCompression(raw.buffer.subarray(raw.pos, raw.end));
  if (compression === undefined) refuseZFile(report.file, raw);
  const plain = compression === undefined ? raw : plainWindow(report, raw, compression);
  const inspection = createInspection(report);
  let root: Value = null;
  try {
    report.facts = { ...report.facts, compression: compression ?? 'none' };
    root = await walkPickle(inspection, plain, true);
    await demandEnd(inspection, plain);
  } finally {
    conclude(report, inspection, root);
  }
}

/** joblib before 0.9.3 wrote `ZF`, a length in hex and zlib (joblib/numpy_pickle_compat.py). */
function refuseZFile(file: string, raw: Window): void {
  if (raw.buffer[raw.pos] === 0x5a && raw.buffer[raw.pos + 1] === 0x46) {
    throw mlcError('MLC3040', { file, detail: 'it begins with ZF' });
  }
}

/** Plain bytes between two looks at the event loop: a bomb must not keep Ctrl-C from being heard. */
const BREATH = 16 * 1024 * 1024;

/** The plain bytes of a compressed file, up to the limit. */
function plainWindow(report: Report, raw: Window, compression: Compression): Window {
  const { file, limits, signal } = report;
  const chunks = decompress({ file, compression, raw });
  let total = 0;
  return createWindow(async () => {
    const next = await chunks.next();
    if (next.done === true) return undefined;
    const before = total;
    total += next.value.length;
    if (Math.floor(total / BREATH) > Math.floor(before / BREATH))
      await setImmediate(undefined, { signal });
    if (total <= limits.plain) return next.value;
    throw mlcError('MLC3015', {
      file,
      offset: total,
      limit: 'bytes after decompressing',
      value: limits.plain,
    });
  });
}

function createInspection(report: Report): Inspection {
  const { file, policy, limits, findings } = report;
  return {
    file,
    policy,
    limits,
    findings,
    globals: new Map(),
    stamps: new Map(),
    used: { nodes: 0, text: 0, arrays: 0 },
    arrays: 0,
    protocol: 0,
  };
}

function conclude(report: Report, inspection: Inspection, root: Value): void {
  const globals = [...inspection.globals.keys()].sort();
  const joblib = report.facts.compression !== 'none' || inspection.arrays > 0;
  const estimator = estimatorFacts(root);
  for (const error of dangersLetIn(report.policy, globals))
    report.findings.push(mlcFinding(error, 'warning'));
  report.facts = {
    ...report.facts,
    format: joblib ? 'joblib' : 'pickle',
    pickleProtocol: inspection.protocol,
    packages: packageFacts({
      globals,
      compression: report.facts.compression,
      joblib,
      sklearn: sklearnVersion(report, inspection, estimator?.version),
    }),
    ...(estimator === undefined ? {} : { estimator: estimator.estimator }),
    inputs: estimator?.inputs ?? [],
    outputs: estimator?.outputs ?? [],
    ...(estimator?.featureNames === undefined ? {} : { featureNames: estimator.featureNames }),
    globals,
  };
}

/** The stamp of the root, otherwise the first that was met; more than one version is a warning. */
function sklearnVersion(report: Report, inspection: Inspection, own: string | undefined) {
  const [first] = inspection.stamps.keys();
  const version = own ?? first;
  if (version === undefined) return undefined;
  if (inspection.stamps.size > 1) {
    const versions = [...inspection.stamps.keys()].sort();
    const error = mlcError('MLC3050', {
      file: report.file,
      name: 'scikit-learn',
      versions,
      taken: version,
    });
    report.findings.push(mlcFinding(error, 'warning'));
  }
  const owner = own === undefined ? inspection.stamps.get(version) : 'the root';
  return { version, evidence: `_sklearn_version in the state of ${owner}` };
}
