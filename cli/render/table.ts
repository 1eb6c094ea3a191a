/** Plain tables: columns as wide as their widest cell, numbers to the right. */
import { oneLine } from './printable';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => string;
  align?: 'left' | 'right';
}

/** Cells are one line. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => oneLine(cell(row))));
  const widths = columns.map(({ title }, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return columns[column]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)].join('\n');
}

export function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** Lines of whole words; a word that is longer is broken, and what does not fit into the last line is cut. */
export function wrap(text: string, columns: number, linesMax: number): string[] {
  const lines: string[] = [];
  let rest = text.trim();
  while (rest.length > columns && lines.length < linesMax - 1) {
    const space = rest.lastIndexOf(' ', columns);
    const end = space > 0 ? space : columns;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, cut(rest, columns)];
}
