// A row for each picture: the picture itself, and its best labels as bars.
import type { Picture } from '../data/pictures/picture.ts';
import { image, rectangle, shorten, text, toPng } from './svg.ts';

export interface ClassifiedPicture {
  title: string;
  picture: Picture;
  /** Best first; probabilities 0 … 1. */
  predictions: readonly { label: string; probability: number }[];
}

const SIDE = 256; // of the picture, and of the area the bars share
const MARGIN = 24;
const TITLE = 36;
const BARS = 300; // length of a bar of 100 %
const PERCENT = 72; // room for the number behind a bar
const LETTER = 9; // about as wide as a letter of 15 pixels gets
const LONGEST_LABEL = 40;

/** → the bytes of a PNG file. */
export function classificationFigure(rows: readonly ClassifiedPicture[]): Uint8Array {
  const labels = rows.flatMap(({ predictions }) =>
    predictions.map(({ label }) => shorten(label, LONGEST_LABEL)),
  );
  const labelWidth = LETTER * Math.max(...labels.map((label) => [...label].length));
  const barsLeft = MARGIN + SIDE + MARGIN + labelWidth + 8;
  const rowHeight = TITLE + SIDE + MARGIN;
  const parts = rows.map((row, i) => drawRow(row, barsLeft, i * rowHeight));
  return toPng(barsLeft + BARS + PERCENT + MARGIN, rows.length * rowHeight, parts);
}

function drawRow({ title, picture, predictions }: ClassifiedPicture, barsLeft: number, top: number): string {
  const pitch = SIDE / predictions.length;
  const thickness = Math.min(28, pitch * 0.7);
  const size = Math.min(15, thickness);
  const bars = predictions.flatMap(({ label, probability }, i) => {
    const middle = top + TITLE + pitch * (i + 0.5);
    const baseline = middle + size * 0.36;
    const length = BARS * probability;
    return [
      text(shorten(label, LONGEST_LABEL), barsLeft - 8, baseline, { size, anchor: 'end' }),
      rectangle(barsLeft, middle - thickness / 2, BARS, thickness, '#eef1f5'),
      rectangle(barsLeft, middle - thickness / 2, length, thickness, i === 0 ? '#2f6fb5' : '#9db8d6'),
      text(`${(probability * 100).toFixed(2)}%`, barsLeft + BARS + 8, baseline, { size }),
    ];
  });
  return [
    text(shorten(title, 60), MARGIN, top + 26, { size: 15, weight: 'bold' }),
    image(picture, MARGIN, top + TITLE, SIDE),
    ...bars,
  ].join('\n');
}
