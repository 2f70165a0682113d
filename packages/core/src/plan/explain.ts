import type { Decision, Plan } from '@mlcontainer/plugin-kit';
import type { Lock } from '../lock/types.ts';

/** One answer to "what, why and by whom". */
export type Explanation = Decision;

/** Every decision of the plan and every pin of the lock, or those whose subject or value contains the given word. */
export function explain(
  plan: Plan,
  lock: Lock | undefined,
  subject?: string,
): readonly Explanation[] {
  const all = [...plan.decisions, ...(lock === undefined ? [] : lockExplanations(plan, lock))];
  if (subject === undefined) return all;
  const exact = all.filter((entry) => entry.subject === subject);
  if (exact.length > 0) return exact;
  const word = subject.toLowerCase();
  return all.filter((entry) => `${entry.subject} ${entry.value}`.toLowerCase().includes(word));
}

function lockExplanations(plan: Plan, lock: Lock): readonly Explanation[] {
  const debs = lock.debian.flatMap(({ architecture, packages }) =>
    packages.map((deb) => ({
      subject: `debian.${architecture}.${deb.name}`,
      value: deb.version,
      owner: ownerOf(plan, 'debian', deb.name),
      reason: requiredBy(deb.requiredBy),
    })),
  );
  const builders = (lock.steps ?? []).flatMap(({ architecture, packages }) =>
    packages.map((deb) => ({
      subject: `steps.${architecture}.${deb.name}`,
      value: deb.version,
      owner: 'core',
      reason: 'in the build container of steps only',
    })),
  );
  const wheels = lock.python.flatMap(({ platform, packages }) =>
    packages.map((wheel) => ({
      subject: `python.${platform.architecture}.${wheel.name}`,
      value: wheel.version,
      owner: ownerOf(plan, 'python', wheel.name),
      reason: requiredBy(wheel.requiredBy),
    })),
  );
  return [...debs, ...builders, ...wheels];
}

function requiredBy(names: readonly string[]): string {
  return names.length === 0 ? 'asked for by name' : `required by ${names.join(', ')}`;
}

/** The owner of the first contribution that names the package; `core` where only dependencies lead to it. */
function ownerOf(plan: Plan, kind: 'debian' | 'python', name: string): string {
  const owner = plan.layers.find(({ source }) => {
    if (source.kind !== kind) return false;
    const wanted = source.kind === 'debian' ? source.packages : source.requirements;
    return wanted.some((entry) => normalised(entry) === normalised(name));
  })?.owner;
  return owner ?? 'resolution';
}

function normalised(requirement: string): string {
  const [name = ''] = requirement.split(/[\s<>=!~;[(@]/, 1);
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
