import type { DirectoryEntry, Entry } from '../entry.ts';
import { parentOf } from '../tar/path.ts';

/**
 * The entries with every missing parent directory (0755, root, epoch) put before its first child. A directory that
 * is given, but only after a child of it, is moved before that child. The order is otherwise kept.
 */
export function withParents(entries: Iterable<Entry>): Entry[] {
  const given = [...entries];
  const directories = new Map<string, DirectoryEntry>();
  for (const entry of given) {
    if (entry.type === 'directory' && !directories.has(entry.path))
      directories.set(entry.path, entry);
  }
  const others = new Set(
    given.filter((entry) => entry.type !== 'directory').map((entry) => entry.path),
  );
  const placed = new Set<Entry>();
  const made = new Set<string>();
  const result: Entry[] = [];
  const place = (path: string): void => {
    if (path === '' || made.has(path) || others.has(path)) return;
    made.add(path);
    place(parentOf(path));
    const entry = directories.get(path) ?? { type: 'directory', path, mode: 0o755 };
    placed.add(entry);
    result.push(entry);
  };
  for (const entry of given) {
    if (placed.has(entry)) continue;
    if (directories.get(entry.path) === entry && !others.has(entry.path)) place(entry.path);
    else {
      place(parentOf(entry.path));
      result.push(entry);
    }
  }
  return result;
}
