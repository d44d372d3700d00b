// Where each part of a file stands, told independently of the readers under test: every field of a zip archive, every
// tensor of a safetensors file.

export interface Field {
  /** `member x: size`, `directory x: crc`, `end: count`… */
  what: string;
  start: number;
  end: number;
}

const LOCAL = fieldsOf(
  'signature 4, version 2, flags 2, method 2, time 2, date 2, crc 4, packed 4, size 4, name length 2, extra length 2',
);
const ENTRY = fieldsOf(
  'signature 4, made by 2, version 2, flags 2, method 2, time 2, date 2, crc 4, packed 4, size 4, name length 2, extra length 2, comment length 2, disk 2, internal 2, external 4, offset 4',
);
const END64 = fieldsOf(
  'signature 4, size 8, made by 2, version 2, disk 4, directory disk 4, count here 8, count 8, directory size 8, offset 8',
);
const LOCATOR = fieldsOf('signature 4, disk 4, offset 8, disks 4');
const END = fieldsOf(
  'signature 4, disk 2, directory disk 2, count here 2, count 2, directory size 4, offset 4, comment length 2',
);

function fieldsOf(list: string): [name: string, size: number][] {
  return list
    .split(', ')
    .map((field) => [field.slice(0, field.lastIndexOf(' ')), Number(field.split(' ').at(-1))]);
}

/** Every field of a zip archive that is right and has no comment, in order; together they are the whole file. */
export function zipLayout(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  const add = (what: string, start: number, size: number) => {
    if (size > 0) fields.push({ what, start, end: start + size });
    return start + size;
  };
  const addAll = (what: string, start: number, parts: [string, number][]) =>
    parts.reduce((at, [name, size]) => add(`${what}: ${name}`, at, size), start);
  const text = (start: number, length: number) =>
    String.fromCharCode(...bytes.subarray(start, start + length));

  const end = bytes.length - 22;
  const isZip64 = view.getUint32(end - 20, true) === 0x07064b50;
  const end64 = end - 20 - 56;
  const directory = isZip64 ? Number(view.getBigUint64(end64 + 48, true)) : view.getUint32(end + 16, true);
  const directoryEnd = isZip64 ? end64 : end;

  const members: { name: string; offset: number; packed: number }[] = [];
  for (let at = directory; at < directoryEnd; ) {
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const name = text(at + 46, nameLength);
    const isLong = view.getUint32(at + 42, true) === 0xffffffff; // as zip-writer.ts writes it, and as PyTorch does
    const extra = at + 46 + nameLength;
    const long = isLong ? extra + extraLength - 24 : 0;
    members.push({
      name,
      offset: isLong ? Number(view.getBigUint64(long + 16, true)) : view.getUint32(at + 42, true),
      packed: isLong ? Number(view.getBigUint64(long + 8, true)) : view.getUint32(at + 20, true),
    });
    addAll(`directory ${name}`, at, [...ENTRY, ['name', nameLength], ['extra', extraLength]]);
    at = extra + extraLength;
  }
  const inOrder = [...members].sort((a, b) => a.offset - b.offset);
  for (const [i, { name, offset, packed }] of inOrder.entries()) {
    const [nameLength, extraLength] = [view.getUint16(offset + 26, true), view.getUint16(offset + 28, true)];
    const next = inOrder[i + 1]?.offset ?? directory;
    const dataEnd = addAll(`member ${name}`, offset, [
      ...LOCAL,
      ['name', nameLength],
      ['extra', extraLength],
      ['data', packed],
    ]);
    add(`member ${name}: descriptor`, dataEnd, next - dataEnd);
  }
  if (isZip64) {
    addAll('end64', end64, END64);
    addAll('locator', end - 20, LOCATOR);
  }
  addAll('end', end, END);
  return fields.sort((a, b) => a.start - b.start);
}

/** The length, the header and each tensor's numbers. */
export function safetensorsLayout(bytes: Uint8Array): Field[] {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const data = 8 + length;
  const header: Record<string, { data_offsets?: [number, number] }> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, data)),
  );
  const tensors = Object.entries(header).flatMap(([name, { data_offsets: offsets }]) =>
    offsets ? [{ what: `tensor ${name}`, start: data + offsets[0], end: data + offsets[1] }] : [],
  );
  return [
    { what: 'length', start: 0, end: 8 },
    { what: 'header', start: 8, end: data },
    ...tensors.sort((a, b) => a.start - b.start || a.end - b.end),
  ];
}
