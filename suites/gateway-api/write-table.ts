import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTable } from '../markdown-table.ts';
import { PLACE, gatewayApiTable } from './table.ts';

/** `node suites/gateway-api/write-table.ts`: the table of docs/gateway-api.md, out of the cases. */

const document = join(import.meta.dirname, '../../docs/gateway-api.md');
await writeFile(document, withTable(await readFile(document, 'utf8'), PLACE, gatewayApiTable()));
