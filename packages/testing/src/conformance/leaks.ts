import { tmpdir } from 'node:os';

/** Host facts that must not turn up in a result, because a plan is the same on every machine. */
export function leakProblems(value: unknown, what: string): readonly string[] {
  const text = JSON.stringify(value) ?? '';
  return Object.entries(hostFacts())
    .filter(([, fact]) => text.includes(fact))
    .map(([name, fact]) => `${what} has ${name} of this machine in it (${fact})`);
}

function hostFacts(): Readonly<Record<string, string>> {
  const facts = {
    'the working folder': process.cwd(),
    'the home folder': process.env.HOME,
    'the temporary folder': tmpdir(),
  };
  const known = Object.entries(facts).filter((entry): entry is [string, string] =>
    isTelling(entry[1]),
  );
  return Object.fromEntries(known);
}

/** `/` and `/tmp` turn up by chance. */
function isTelling(fact: string | undefined): boolean {
  return fact !== undefined && fact.length > 5;
}
