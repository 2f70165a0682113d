import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';
import { redact } from '../settings/secret.ts';

/** Turns uv's failure into ours: sources only, no solution, or anything else; uv's own words inside, redacted. */
export function uvFailure(code: number, stderr: string): MlcError {
  const explanation = redact(clean(stderr));
  if (/\b(401|403)\b|Unauthorized|Forbidden/.test(explanation)) {
    const url = /https?:\/\/[^\s`'")>]+/.exec(explanation)?.[0] ?? 'the index';
    const status = /\b(?:403|Forbidden)\b/.test(explanation) ? 403 : 401;
    return mlcError('MLC5021', { url, status }, { cause: new Error(explanation) });
  }
  const sources = sourceOnly(explanation);
  if (sources.length > 0) return mlcError('MLC5011', { packages: sources, explanation });
  if (/No solution found|unsatisfiable/.test(explanation))
    return mlcError('MLC5010', { explanation });
  return mlcError('MLC5012', { detail: `exit code ${code}: ${explanation}` });
}

/** Packages that uv gave up on because only sources would do. */
function sourceOnly(text: string): string[] {
  const flat = text.replaceAll(/\s+/g, ' ');
  const hints = [
    ...flat.matchAll(/Wheels are required for `([^`]+)` because building from source is disabled/g),
  ];
  const causes = [
    ...flat.matchAll(/\b([A-Za-z0-9][\w.-]*)(?:[=<>!~]=?[^\s,]*)? has no usable wheels/g),
  ];
  return [...new Set([...hints, ...causes].map((match) => match[1] ?? ''))].filter(Boolean).sort();
}

function clean(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('warning: '))
    .join('\n')
    .trim();
}
