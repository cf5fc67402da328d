import { readFile } from 'node:fs/promises';
import type { Environment } from '../environments/environment.ts';
import { EXIT } from '../errors.ts';
import { step } from '../progress.ts';
import type { Change } from '../traffic/change.ts';
import type { TrafficVolume } from '../traffic/plan.ts';
import { runChange } from '../traffic/run-change.ts';
import type { Output } from './output.ts';
import { writeWhole } from '../whole-file.ts';

/** What the outer half of a change hands to the half that lives in the mesh's network. */
export interface TrafficInsideRequest {
  readonly environment: Environment;
  readonly change: Change;
  readonly volume: TrafficVolume;
  readonly sabotaged: boolean;
  /** Folder for the session's own files. */
  readonly results: string;
  /** File for the ChangeResult. */
  readonly outcomeFile: string;
}

/** The half of `meshproof traffic` that has to be where the gateway's address is. */
export async function trafficInside(
  requestFile: string,
  output: Output,
  controller: AbortController,
): Promise<number> {
  const { outcomeFile, ...request } = JSON.parse(await readFile(requestFile, 'utf8')) as TrafficInsideRequest;
  const title = `${request.change.name}${request.sabotaged ? `, sabotaged: ${request.change.sabotage.name}` : ''}`;
  const result = await step(output.progress, title, [], (activity) =>
    runChange({ ...request, signal: controller.signal, onStage: (text) => activity.detail(text) }),
  );
  await writeWhole(outcomeFile, JSON.stringify(result));
  return EXIT.conformant;
}
