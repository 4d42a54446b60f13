import { type Cell, Wrong } from './cells.ts';
import type { Problems } from './problems.ts';
import type { Column, Sheet } from './sheets.ts';

/** Takes the rows of one sheet as a file has them: `row` counts from 1, `cells` lie at their column's place. */
export interface RowSink {
  takeRow(row: number, cells: readonly Cell[]): void;
}

interface PlacedColumn {
  field: string;
  header: string;
  place: number;
  column: Column<unknown>;
}

/**
 * Reads the rows of one sheet into objects, the first row that is not blank being the header. What is wrong goes to
 * `problems`. Given `knownCustomers`, each row must belong to one of them.
 */
export class SheetReader<Row extends { customerId: string }> implements RowSink {
  readonly rows: Row[] = [];
  readonly #sheet: Sheet<Row>;
  readonly #problems: Problems;
  readonly #knownCustomers: ReadonlyMap<string, number> | null;
  readonly #rowOfId = new Map<string, number>();
  #columns: PlacedColumn[] | null = null;

  constructor(sheet: Sheet<Row>, problems: Problems, knownCustomers: ReadonlyMap<string, number> | null = null) {
    this.#sheet = sheet;
    this.#problems = problems;
    this.#knownCustomers = knownCustomers;
  }

  /** The row each unique id stands in. */
  get rowOfId(): ReadonlyMap<string, number> {
    return this.#rowOfId;
  }

  takeRow(row: number, cells: readonly Cell[]): void {
    if (!this.#columns) {
      if (cells.some((cell) => cell !== undefined)) this.#columns = this.#takeHeader(row, cells);
    } else if (this.#columns.some(({ place }) => cells[place] !== undefined)) {
      this.#takeValues(row, cells, this.#columns);
    }
  }

  /** Call after the last row. */
  end(): void {
    if (!this.#columns) this.#problems.addSheet(this.#sheet.name, 'is empty; its first row must name the columns');
  }

  #takeHeader(row: number, cells: readonly Cell[]): PlacedColumn[] {
    const places = new Map<string, number[]>();
    cells.forEach((cell, place) => {
      if (typeof cell !== 'string') return;
      const name = cell.toLowerCase();
      places.set(name, [...(places.get(name) ?? []), place]);
    });
    const columns: PlacedColumn[] = [];
    let complete = true;
    for (const [field, column] of Object.entries(this.#sheet.columns) as [string, Column<unknown>][]) {
      const header = column.headers.find((name) => places.has(name));
      const [place, second] = header === undefined ? [] : places.get(header)!;
      if (header !== undefined && place !== undefined) columns.push({ field, header, place, column });
      if (header !== undefined && second !== undefined) {
        this.#problems.addCell(this.#sheet.name, row, second, header, 'this header stands there twice');
        complete = false;
      } else if (place === undefined && column.required) {
        this.#problems.addRow(this.#sheet.name, row, `the header has no column ${column.headers[0]}`);
        complete = false;
      }
    }
    // Without its header a sheet's values mean nothing; one error for it is enough.
    return complete ? columns.sort((a, b) => a.place - b.place) : [];
  }

  #takeValues(row: number, cells: readonly Cell[], columns: readonly PlacedColumn[]): void {
    const values: Record<string, unknown> = {};
    for (const [field, column] of Object.entries(this.#sheet.columns) as [string, Column<unknown>][]) {
      values[field] = column.missing;
    }
    for (const placed of columns) {
      const value = this.#read(cells[placed.place], placed.column);
      if (value instanceof Wrong) {
        this.#problems.addCell(this.#sheet.name, row, placed.place, placed.header, value.message);
      } else {
        values[placed.field] = value;
        this.#checkId(row, placed, value);
      }
    }
    // Each field was read by its own column's kind; a row with a wrong one is never handed out.
    this.rows.push(values as unknown as Row);
  }

  #read(cell: Cell, column: Column<unknown>): unknown {
    if (cell === undefined) return column.required ? new Wrong('is empty') : column.missing;
    return cell instanceof Wrong ? cell : column.kind.read(cell);
  }

  #checkId(row: number, { field, header, place }: PlacedColumn, value: unknown): void {
    if (typeof value !== 'string') return;
    if (field === 'customerId' && this.#knownCustomers && !this.#knownCustomers.has(value)) {
      this.#problems.addCell(this.#sheet.name, row, place, header, `no customer has the id ${JSON.stringify(value)}`);
    }
    if (field !== this.#sheet.unique) return;
    const earlier = this.#rowOfId.get(value);
    if (earlier === undefined) this.#rowOfId.set(value, row);
    else {
      const message = `${JSON.stringify(value)} stands already in row ${earlier}`;
      this.#problems.addCell(this.#sheet.name, row, place, header, message);
    }
  }
}
