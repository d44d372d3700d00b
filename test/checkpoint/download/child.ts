// Another process that fetches a file: the file, the folder and the patience come as JSON in the last argument.
import { download } from '../../../src/checkpoint/download/download.node.ts';
import { PATIENT } from '../../../src/checkpoint/download/fetch-part.node.ts';

const { file, root, attempts } = JSON.parse(process.argv.at(-1)!);
await download(file, { root }, { ...PATIENT, attempts }).then(
  ({ path }) => console.log(path),
  (error: Error) => console.log(error.message),
);
