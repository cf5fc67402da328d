import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

const CLI = `${process.execPath} ${join(ROOT, 'scripts', 'meshproof.js')}`;

interface Seen {
  readonly code: number | null;
  readonly diagnoses: readonly { readonly cause: string; readonly change?: { readonly object: string } }[];
  readonly notes: readonly string[];
}

/** A fault, what is asked about it, the cause from within, and what can be said from outside. */
export interface Planted {
  readonly scenario: string;
  readonly port?: number;
  readonly args?: string;
  readonly cause: string;
  readonly object?: string;
  readonly outside: string;
}

/** `meshproof diagnose` on a mesh that a `describe` has to itself. */
export interface Diagnosing {
  readonly look: (port: number, args: string) => Promise<Seen>;
  /** Demands that a planted fault is found, with access to the cluster and without. */
  readonly finds: (planted: Planted) => Promise<void>;
}

/** @param name of the mesh */
export function ownDiagnosing(name: string): Diagnosing {
  const mesh = ownMesh(name);
  const look: Diagnosing['look'] = async (port, args) => {
    const command = `${CLI} diagnose --address $GATEWAY_IP:${port} --authority grpc.example.com --cacert $MESHPROOF_CA --json ${args}`;
    const { code, stdout, stderr } = await meshproof(['exec', '--name', name, '--', 'sh', '-c', command]);
    expect(stdout, stderr).not.toBe('');
    return { ...(JSON.parse(stdout) as Omit<Seen, 'code'>), code };
  };
  return {
    look,
    finds: async ({ scenario, port = 443, args = '', cause, object, outside }) => {
      const out = ['--out', join(mesh.folder, scenario)];
      const set = await meshproof(['reproduce', scenario, '--reuse', '--name', name, '--keep', ...out]);
      expect(set.code, set.stderr).toBe(0);

      const within = await look(port, `${args} --kubeconfig $KUBECONFIG`);
      expect(within.diagnoses[0]?.cause).toBe(cause);
      if (object !== undefined) expect(within.diagnoses[0]?.change?.object).toBe(object);
      expect(within.code).toBe(1);

      const without = await look(port, args);
      expect(without.diagnoses.map((each) => each.cause)).toContain(outside);
      expect(without.code).toBe(1);
    },
  };
}
