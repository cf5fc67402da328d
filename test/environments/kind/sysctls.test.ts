import { expect, test } from 'vitest';
import { readSysctls, restoreSysctls } from '../../../src/environments/kind/sysctls.ts';

test.skipIf(process.platform !== 'linux')(
  "the machine's values are read, and left alone where they are the same",
  async () => {
    const values = await readSysctls();
    expect(Object.keys(values)).toEqual(
      expect.arrayContaining(['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops']),
    );
    for (const value of Object.values(values)) expect(value).toMatch(/^-?\d+$/);
    // An ordinary user may not write them: that nothing is thrown shows that nothing was written.
    await restoreSysctls(values);
    expect(await readSysctls()).toEqual(values);
  },
);
