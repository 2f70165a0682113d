/**
 * The order in which glibc keeps names in its cache: numbers within them by value, a digit after anything else
 * (`_dl_cache_libcmp` in glibc's elf/dl-cache.c). The loader searches with the same comparison, so a cache in
 * another order is not merely untidy: names in it are not found.
 */
export function compareLibraryNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length) {
    const left = numberAt(a, i);
    const right = numberAt(b, j);
    if (left !== '' && right !== '') {
      if (Number(left) !== Number(right)) return Number(left) - Number(right);
      i += left.length;
      j += right.length;
      continue;
    }
    if (left !== '') return 1;
    if (right !== '') return -1;
    const difference = a.charCodeAt(i) - (j < b.length ? b.charCodeAt(j) : 0);
    if (difference !== 0) return difference;
    i += 1;
    j += 1;
  }
  return j < b.length ? -b.charCodeAt(j) : 0;
}

function numberAt(text: string, at: number): string {
  let end = at;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1;
  return text.slice(at, end);
}
