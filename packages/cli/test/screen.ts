/**
 * What a terminal of endless height shows after some output: the few control sequences that the live area uses,
 * as ECMA-48 defines them. Any other sequence that moves the cursor is an error.
 */
export function screen(output: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  const pieces = output.split(/(\p{Cc}\[\??\d*[A-Za-z]|\r|\n)/u).filter((piece) => piece !== '');
  for (const piece of pieces) {
    if (piece === '\n') {
      row++;
      lines[row] ??= '';
      column = 0;
    } else if (piece === '\r') {
      column = 0;
    } else if (piece.startsWith('\u001b')) {
      control(piece);
    } else {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + piece + line.slice(column + piece.length);
      column += piece.length;
    }
  }
  return lines;

  function control(sequence: string): void {
    const count = Number(/\d+/.exec(sequence)?.[0] ?? 1);
    const kind = sequence.at(-1);
    if (kind === 'A') row -= count;
    else if (kind === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (kind === 'J') {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? '').slice(0, column);
    } else if (!/^.\[(?:\?(?:25|2026)[hl]|\d+m)$/u.test(sequence)) {
      throw new Error(`A sequence that nobody expects: ${JSON.stringify(sequence)}`);
    }
    if (row < 0) throw new Error('The cursor left the screen.');
  }
}
