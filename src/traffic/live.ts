import { connect, type Settings } from 'node:http2';
import type { MeshSession } from '../conformance/mesh-session.ts';
import { type LiveConfiguration, liveConfiguration } from '../evidence/live-configuration.ts';
import { TIMEOUTS } from '../timeouts.ts';

/** Asks the newest gateway pod what it runs with. */
export async function askLive(session: MeshSession): Promise<LiveConfiguration> {
  const [serverInfo, configDump, runtime] = await Promise.all(
    ['/server_info', '/config_dump', '/runtime'].map((path) => session.gateway(path)),
  );
  const { address, h2cPort } = session.target;
  return liveConfiguration(
    {
      serverInfo: serverInfo ?? '{}',
      configDump: configDump ?? '{}',
      runtime: runtime ?? '{}',
      http2: await firstSettings(`http://${address}:${h2cPort}`),
    },
    session.gatewayPods(),
  );
}

/** What the gateway's first SETTINGS frame says. */
function firstSettings(origin: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const session = connect(origin);
    const giveUp = setTimeout(() => session.destroy(new Error('no SETTINGS')), TIMEOUTS.singleTry);
    session.once('error', (error: Error) => {
      clearTimeout(giveUp);
      reject(error);
    });
    session.once('remoteSettings', (settings: Settings) => {
      clearTimeout(giveUp);
      session.close();
      resolve({ ...settings });
    });
  });
}
