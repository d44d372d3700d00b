// One line of what `clip-tfjs parity --json` printed: parity-line.mjs REPORT.json LABEL
import { readFileSync } from 'node:fs';

const [path, label] = process.argv.slice(2);
const { rows, verdict } = JSON.parse(readFileSync(path, 'utf8'));
const over = rows.filter(({ ok }) => !ok);
const share = ({ error, bar }) => (bar === 0 ? 0 : error / bar);
const worst = rows.toSorted((a, b) => share(b) - share(a))[0];
console.log(
  `${label}: ${verdict}, ${rows.length - over.length} of ${rows.length} rows within their bars; the nearest to its own ` +
    `is ${worst.name}, ${worst.error?.toExponential(1)} of ${worst.bar?.toExponential(1)}`,
);
