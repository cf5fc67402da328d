import { describeEvent } from './describe.ts';
import { partyOf, type Leg } from './events.ts';
import type { RpcTimeline, TimelineRow } from './rpc-timeline.ts';

/** Columns of text on either side of the gateway. */
/** Both legs fit into the page of a report that is 1200 pixels wide. */
const DEFAULT_COLUMN = 61;
const TIME_COLUMN = 10;

/**
 * The timeline as text in two columns, the client leg left and the backend leg right of the gateway. Arrows point
 * the way the bytes went. Control characters that a peer has sent are escaped.
 *
 * @param column width of each leg's column, at least 20; longer texts go on in the next line
 */
export function renderTimeline(timeline: RpcTimeline, column = DEFAULT_COLUMN): string {
  const started = new Date(timeline.startMs);
  const lines = [
    `RPC ${printable(timeline.rpcId)}, ms from ${Number.isNaN(started.getTime()) ? 'its start' : started.toISOString()}`,
    ...(timeline.clock.note === '' ? [] : [timeline.clock.note]),
    ...(timeline.incomplete ? ['Not everything was kept: a limit of the tap was reached.'] : []),
  ];
  if (timeline.streams.length === 0)
    return [...lines, 'No frame of it was seen on either leg.', ''].join('\n');
  lines.push(
    `${''.padStart(TIME_COLUMN)}  ${between('client', 'gateway', column)} | ${between('gateway', 'backend', column)}`.trimEnd(),
    ...timeline.rows.flatMap((row) => rowLines(row, column)),
    ...missing(timeline),
    '',
  );
  return lines.join('\n');
}

function rowLines(row: TimelineRow, column: number): string[] {
  const { event, leg, connection } = row;
  const stream = event.streamId === 0 ? `conn ${connection}` : `${connection}/${event.streamId}`;
  const text = `${event.from === 'client' ? '->' : '<-'} ${stream} ${printable(describeEvent(event))}`;
  return wrap(text, column).map((part, i) => {
    const time = (i === 0 ? row.offsetMs.toFixed(3) : '').padStart(TIME_COLUMN);
    const cells = leg === 'client' ? `${part.padEnd(column)} |` : `${''.padEnd(column)} | ${part}`;
    return `${time}  ${cells}`.trimEnd();
  });
}

/** A leg that has seen nothing says as much as one that has. */
function missing({ streams }: RpcTimeline): string[] {
  return (['client', 'backend'] satisfies Leg[])
    .filter((leg) => !streams.some((stream) => stream.leg === leg))
    .map((leg) => `No frame of it was seen between ${partyOf(leg, 'client')} and ${partyOf(leg, 'server')}.`);
}

const between = (left: string, right: string, column: number): string =>
  `${left}${right.padStart(Math.max(column - left.length, right.length + 1))}`;

/** Cuts at spaces where it can; what follows is indented. */
function wrap(text: string, column: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > column) {
    const space = rest.lastIndexOf(' ', column);
    const cut = space > column / 2 ? space : column;
    lines.push(rest.slice(0, cut));
    rest = `     ${rest.slice(cut).trimStart()}`;
  }
  return [...lines, rest];
}

const printable = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
