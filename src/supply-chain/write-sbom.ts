/** `npm run sbom -- [FILE]`: writes the bill of materials; it is made when somebody asks for it and not kept in the repository. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeSbom } from './sbom.ts';

// npm starts scripts in the project's folder; the file is meant where the person is.
const path = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? 'phoi.cdx.json');
const bill = await makeSbom();
await writeFile(path, `${JSON.stringify(bill, undefined, 2)}\n`);
console.log(`${bill.components.length} components in ${path}`);
