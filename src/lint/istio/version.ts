/** Whether a version (`1.24`, `1.24.3-distroless`) is the given minor release or a later one. */
export function isFrom(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
