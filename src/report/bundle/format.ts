import { z } from 'zod';

/** What changes when a reader of the old shape would be misled. */
export const BUNDLE_VERSION = 1;

/** Name of the list of everything that is in a bundle; the first file of an archive. */
export const BUNDLE_LIST = 'bundle.json';

/** A path that stays within the bundle. */
const within = z.string().regex(/^(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\\]+$/);

export const bundleSchema = z.object({
  bundleVersion: z.literal(BUNDLE_VERSION),
  /** Version of the meshproof that made it. */
  meshproof: z.string(),
  madeAt: z.iso.datetime(),
  /** What is not in it, and why; one sentence each. */
  leftOut: z.array(z.string()),
  files: z.array(
    z.object({ path: within, bytes: z.int().nonnegative(), sha256: z.string().regex(/^[\da-f]{64}$/) }),
  ),
});

/** What a bundle says of itself. */
export type BundleList = z.infer<typeof bundleSchema>;

/** Whether a name is that of an archive rather than of a folder. */
export const isArchiveName = (name: string): boolean => /\.(tgz|tar\.gz)$/.test(name);
