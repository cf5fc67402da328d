import type { Case } from '../../src/conformance/model.ts';
import { deadlineCases } from './deadlines.ts';
import { encodingCases } from './encodings.ts';
import { metadataCases } from './metadata.ts';
import { lengthCases } from './lengths.ts';
import { replyCases } from './replies.ts';
import { sizeCases } from './sizes.ts';
import { statusCases } from './status.ts';

/** What must survive the way through the gateway. */
export const cases: readonly Case[] = [
  ...metadataCases,
  ...statusCases,
  ...sizeCases,
  ...deadlineCases,
  ...encodingCases,
  ...replyCases,
  ...lengthCases,
];
