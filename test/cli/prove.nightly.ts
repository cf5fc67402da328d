import { provesAll } from './proving.ts';

// Each sabotage on one case of each family; on every case it is `meshproof prove` itself.
provesAll('test-prove-all', []);
