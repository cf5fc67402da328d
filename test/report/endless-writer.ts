/** Writes one report after the other into the folder named, until it is killed. Says so after each. */
import { writeReports } from '../../src/report/write.ts';
import { passingReport } from './samples.ts';

const folder = process.argv[2] ?? '';
for (let round = 0; ; round += 1) {
  await writeReports({ ...passingReport, notes: [`round ${round}`, 'x'.repeat(400_000)] }, folder);
  process.stdout.write('written\n');
}
