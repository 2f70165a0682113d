import type { Headers } from './exchange.ts';
import type { Endpoint } from './routes.ts';

/** One request, as far as it has come; it changes until `outcome` is no longer `open`. */
export interface JournalEntry {
  /** From 0, in the order of arrival. */
  readonly index: number;
  /** Which of the two servers was asked. */
  readonly server: 'registry' | 'token';
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly repository: string;
  /** A digest, a tag or the id of an upload. */
  readonly reference: string;
  /** As the client sent them, Authorization included. */
  readonly headers: Headers;
  /** 0 where no answer was begun. */
  readonly status: number;
  readonly answered: Readonly<Record<string, string>>;
  /** Bytes of the bodies that went over the wire so far. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** `cut`: by a fault; `gone`: the client went away. */
  readonly outcome: 'open' | 'done' | 'cut' | 'gone';
  /** The names of the faults that struck. */
  readonly faults: readonly string[];
}

/** An entry while it is written. */
export type OpenEntry = { -readonly [Key in keyof JournalEntry]: JournalEntry[Key] } & {
  faults: string[];
};

/** What was asked of a registry. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** Those that fit; every field given must be the same. */
  of(wanted: Partial<Pick<JournalEntry, MatchableField>>): readonly JournalEntry[];
  /** Comes back with the first entry, past or to come, for which the test holds; it is asked at each change. */
  when(test: (entry: JournalEntry) => boolean, signal?: AbortSignal): Promise<JournalEntry>;
  /** Forgets all entries. */
  clear(): void;
}

type MatchableField =
  'server' | 'method' | 'endpoint' | 'repository' | 'reference' | 'status' | 'outcome';

/** The journal, with what writes it. */
export interface WritableJournal extends Journal {
  begin(entry: Omit<OpenEntry, 'index'>): OpenEntry;
  changed(entry: OpenEntry): void;
}

/** An empty journal. */
export function createJournal(): WritableJournal {
  const entries: OpenEntry[] = [];
  const watchers = new Set<(entry: JournalEntry) => void>();
  let next = 0;
  const changed = (entry: OpenEntry): void => {
    for (const watcher of [...watchers]) watcher(entry);
  };
  return {
    entries,
    of: (wanted) =>
      entries.filter((entry) =>
        (Object.keys(wanted) as MatchableField[]).every((key) => entry[key] === wanted[key]),
      ),
    when: (test, signal) => watch(entries, watchers, test, signal),
    clear: () => void entries.splice(0),
    begin: (entry) => {
      const open = { ...entry, index: next };
      next += 1;
      entries.push(open);
      changed(open);
      return open;
    },
    changed,
  };
}

function watch(
  entries: readonly JournalEntry[],
  watchers: Set<(entry: JournalEntry) => void>,
  test: (entry: JournalEntry) => boolean,
  signal: AbortSignal | undefined,
): Promise<JournalEntry> {
  const past = entries.find(test);
  if (past !== undefined) return Promise.resolve(past);
  return new Promise((resolve, reject) => {
    const watcher = (entry: JournalEntry): void => {
      if (!test(entry)) return;
      watchers.delete(watcher);
      resolve(entry);
    };
    watchers.add(watcher);
    signal?.addEventListener('abort', () => {
      watchers.delete(watcher);
      reject(signal.reason as Error);
    });
  });
}
