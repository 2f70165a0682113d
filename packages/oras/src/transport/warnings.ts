import type { OnRegistryEvent } from '../events.ts';

/** Passes on what registries warn of. */
export interface Warnings {
  tell(registry: string, header: string | undefined): void;
}

/** `299 <agent> "<text>"` (distribution-spec, Warnings); other codes are not for clients to show. */
const WARNING = /\b299 \S+ "((?:[^"\\]|\\.){1,1000})"/g;
/** More texts than this are not told. */
const MOST = 100;

/** Tells every text of a registry once. */
export function createWarnings(onEvent: OnRegistryEvent): Warnings {
  const told = new Set<string>();
  return {
    tell(registry, header) {
      if (header === undefined) return;
      for (const [, quoted = ''] of header.matchAll(WARNING)) {
        const text = quoted.replaceAll(/\\(.)/g, '$1');
        const key = `${registry} ${text}`;
        if (told.has(key) || told.size >= MOST) continue;
        told.add(key);
        onEvent({ code: 'registry-warning', registry, text });
      }
    },
  };
}
