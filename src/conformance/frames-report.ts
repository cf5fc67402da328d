import { renderTimeline } from '../frames/timeline/render.ts';
import { rpcTimeline } from '../frames/timeline/rpc-timeline.ts';
import { tellingLines } from '../frames/timeline/telling.ts';
import type { CaseRecord } from './case-record.ts';

/** What a report shows of the frames of a case. */
export interface FramesReport {
  /** The timelines of all its RPCs, relative to the results. */
  readonly file: string;
  /** Of a case that failed: the timeline of the RPC that is shown, and what is telling of it. */
  readonly timeline?: string;
  readonly telling?: readonly string[];
}

/** Rows of a timeline that a report shows: its beginning and its end. */
const SHOWN_ROWS = 200;

/** The timelines of all RPCs of a case as text. */
export const framesText = ({ calls, frames = [] }: CaseRecord): string =>
  calls.map(({ client }) => renderTimeline(rpcTimeline(client.rpcId, frames))).join('\n');

/**
 * What a report shows of a case that failed: one RPC, since the others of the case are in the file.
 *
 * @param call which one
 */
export function shownFrames(
  { calls, frames = [] }: CaseRecord,
  call: number,
): Pick<FramesReport, 'timeline' | 'telling'> {
  const rpcId = calls[call]?.client.rpcId;
  if (rpcId === undefined) return {};
  const timeline = rpcTimeline(rpcId, frames);
  const lines = renderTimeline(timeline).trimEnd().split('\n');
  const half = SHOWN_ROWS / 2;
  const left = lines.length - SHOWN_ROWS;
  const shown =
    left <= 0
      ? lines
      : [
          ...lines.slice(0, half),
          `            ... ${left} lines more, all in the file ...`,
          ...lines.slice(-half),
        ];
  return { timeline: shown.join('\n'), telling: tellingLines(timeline) };
}
