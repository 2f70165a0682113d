import type { Reply } from '../exchange.ts';
import type { HeaderChange, Misfortune } from './fault.ts';
import type { Strike } from './matching.ts';

/** What templates are filled from. */
export interface TemplateValues {
  readonly nth: number;
  readonly now: Date;
  readonly origin: string;
  /** Of the request, without query. */
  readonly path: string;
}

/** Fills in `{nth}`, `{date+60}`, `{origin}` and `{path}`. */
export function fill(template: string, { nth, now, origin, path }: TemplateValues): string {
  return template
    .replaceAll('{path}', path)
    .replaceAll('{nth}', String(nth))
    .replaceAll('{origin}', origin)
    .replaceAll(/\{date(?<seconds>[+-]\d+)\}/g, (_, seconds: string) =>
      new Date(now.getTime() + Number(seconds) * 1000).toUTCString(),
    );
}

type Of<Kind extends Misfortune['kind']> = Extract<Misfortune, { readonly kind: Kind }>;

/** The strikes of one kind. */
export function ofKind<Kind extends Misfortune['kind']>(
  strikes: readonly Strike[],
  kind: Kind,
): readonly { readonly nth: number; readonly what: Of<Kind> }[] {
  return strikes.filter(
    (strike): strike is Strike & { readonly what: Of<Kind> } => strike.what.kind === kind,
  );
}

/** The answer that stands in the place of the registry's own; undefined where none does. */
export function foreignAnswer(
  strikes: readonly Strike[],
  values: Omit<TemplateValues, 'nth'>,
): Reply | undefined {
  const [strike] = ofKind(strikes, 'answer');
  if (strike === undefined) return undefined;
  const { status, headers = {}, body = '' } = strike.what;
  const all = { ...values, nth: strike.nth };
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), fill(value, all)]),
    ),
    body: typeof body === 'string' ? Buffer.from(fill(body, all)) : body,
  };
}

/** A reply with its status and headers changed. */
export function changed(
  reply: Reply,
  strikes: readonly Strike[],
  values: Omit<TemplateValues, 'nth'>,
): Reply {
  return ofKind(strikes, 'change').reduce<Reply>((before, { nth, what }) => {
    const headers = new Map(Object.entries(before.headers ?? {}));
    for (const [name, change] of Object.entries(what.headers ?? {}))
      change1(headers, name.toLowerCase(), change, { ...values, nth });
    return {
      ...before,
      status: what.status ?? before.status,
      headers: Object.fromEntries(headers),
    };
  }, reply);
}

function change1(
  headers: Map<string, string | readonly string[]>,
  name: string,
  change: HeaderChange,
  values: TemplateValues,
): void {
  if (change === null) headers.delete(name);
  else if (typeof change === 'string') headers.set(name, fill(change, values));
  else if (headers.has(name)) {
    const before = String(headers.get(name));
    headers.set(name, before.replace(change.part, fill(change.by, values)));
  }
}
