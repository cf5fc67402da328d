/** The version in what `go env GOVERSION` prints, which may carry a suffix; nothing where there is none. */
export function goVersionIn(output: string): string | undefined {
  return /^go(\d+\.\d+(?:\.\d+)?)/m.exec(output)?.[1];
}

/** Compares dotted version numbers. */
export function atLeast(version: string, minimum: string): boolean {
  const wanted = minimum.split('.').map(Number);
  const given = version.split('.').map(Number);
  for (const [index, part] of wanted.entries()) {
    const own = given[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
