/** Where a field stands in a text. Lines and columns count from 1; the end is the column behind the last character. */
export interface Location {
  /** The file as the user named it, or `<stdin>`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Keys and indices from the object's root. */
export type Path = readonly (string | number)[];

/** A Kubernetes object as it was parsed, wherever it comes from: a file, or a cluster. */
export interface LintObject {
  readonly value: unknown;
  /** Where a field stands, or else what is nearest above it. An object out of a cluster has no such place. */
  readonly locate?: (path: Path) => Location | undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function child(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? (value as unknown[])[key] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/**
 * A place in an object, which may be missing or hold anything: objects come from users. Every step of a walk yields
 * a field again, so that a rule needs no test of what it walks through, and each field knows where it stands.
 */
export class Field {
  readonly object: LintObject;
  readonly path: Path;
  readonly value: unknown;

  /** @param place a field within the object; without it, the root */
  constructor(object: LintObject, place?: { readonly path: Path; readonly value: unknown }) {
    this.object = object;
    this.path = place?.path ?? [];
    this.value = place ? place.value : object.value;
  }

  at(...keys: Path): Field {
    return keys.reduce<Field>((field, key) => field.#child(key, child(field.value, key)), this);
  }

  #child(key: string | number, value: unknown): Field {
    return new Field(this.object, { path: [...this.path, key], value });
  }

  /** False where there is nothing, and for `null`, which Kubernetes takes for nothing. */
  get exists(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number | undefined {
    return typeof this.value === 'number' ? this.value : undefined;
  }

  /** Whether it says `true`. */
  get isTrue(): boolean {
    return this.value === true;
  }

  /** The items of a list; none where this is no list. */
  get items(): Field[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((value: unknown, index) => this.#child(index, value));
  }

  /** The strings among the items of a list. */
  get texts(): string[] {
    return this.items.flatMap(({ text }) => text ?? []);
  }

  /** The entries of a mapping; none where this is no mapping. */
  get entries(): [key: string, value: Field][] {
    if (!isRecord(this.value)) return [];
    return Object.entries(this.value).map(([key, value]) => [key, this.#child(key, value)]);
  }

  /** Itself and everything below it, each field before what it holds. */
  *descendants(): Generator<Field> {
    yield this;
    for (const item of this.items) yield* item.descendants();
    for (const [, value] of this.entries) yield* value.descendants();
  }

  get root(): Field {
    return new Field(this.object);
  }

  get location(): Location | undefined {
    return this.object.locate?.(this.path);
  }

  /** The path as kubectl explains it: `spec.http[0].timeout`. */
  get pathText(): string {
    return this.path
      .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
      .join('')
      .replace(/^\./, '');
  }
}
