import type { MirrorLocation } from '../credential.ts';
import type { RegistryRule, RuleLocation } from './conf-files.ts';

/** The rule with the longest prefix of a name (containers-registries.conf(5), "Choosing a [[registry]] TOML table"). */
export function ruleFor(
  rules: ReadonlyMap<string, RegistryRule>,
  registry: string,
  repository: string,
): RegistryRule | undefined {
  const name = repository === '' ? registry : `${registry}/${repository}`;
  let best: RegistryRule | undefined;
  for (const rule of rules.values())
    if (fits(rule.prefix, name, registry) && rule.prefix.length > (best?.prefix.length ?? 0))
      best = rule;
  return best;
}

function fits(prefix: string, name: string, registry: string): boolean {
  if (prefix.startsWith('*.')) {
    const [domain = '', ...path] = prefix.slice(1).split('/');
    const rest = name.slice(registry.length + 1);
    return hostOf(registry).endsWith(domain) && (path.length === 0 || within(path.join('/'), rest));
  }
  return within(prefix, name);
}

function within(prefix: string, name: string): boolean {
  return name === prefix || name.startsWith(`${prefix}/`);
}

function hostOf(registry: string): string {
  return registry.replace(/:\d+$/, '');
}

/** A location of a rule for one repository: the part of the name behind the prefix is kept, the prefix replaced. */
export function locate(
  { prefix }: RegistryRule,
  { location, insecure, pulls }: RuleLocation,
  registry: string,
  repository: string,
): MirrorLocation {
  const name = repository === '' ? registry : `${registry}/${repository}`;
  const kept = prefix.startsWith('*.') ? `/${repository}` : name.slice(prefix.length);
  const [host = '', ...path] = `${location}${kept}`.split('/');
  return {
    location: host,
    repository: path.filter((part) => part !== '').join('/'),
    ...(insecure ? { insecure } : {}),
    ...(pulls === 'all' ? {} : { pulls }),
  };
}
