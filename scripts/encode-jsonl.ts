// The ids of texts, for comparing with Python: a file of JSON strings, one a line, gives one JSON array a line.
// Run: npx tsx scripts/encode-jsonl.ts strings.jsonl > ids.jsonl
import { readFileSync } from 'node:fs';
import { Tokenizer } from '../src/tokenizer/tokenizer.ts';

const tokenizer = new Tokenizer();
const lines = readFileSync(process.argv[2]!, 'utf8').split('\n');
if (lines.at(-1) === '') lines.pop();
for (const line of lines) {
  process.stdout.write(`${JSON.stringify(tokenizer.encode(JSON.parse(line)))}\n`);
}
