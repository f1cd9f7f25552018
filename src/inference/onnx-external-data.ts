/**
 * Which files beside itself an ONNX graph reads weights from (TensorProto.external_data). Only tags and lengths are read, so
 * that gigabytes of weights cost nothing. Field numbers are those of onnx.proto3.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AppError } from '../errors.ts';

type MessageKind = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparse' | 'function' | 'entry';

/** Which fields of which message hold another message that matters. */
const children: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'entry' },
  function: { 7: 'node' },
  entry: {},
};

const longestText = 4096;
const deepest = 64;
const windowBytes = 65_536;

function notOnnx(): never {
  throw new AppError('MODEL_FAILED', 'the model file is no ONNX graph');
}

/** Reads anywhere in a file through a window. */
class FileWindow {
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(windowBytes);
  #start = 0;
  #length = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  byte(at: number): number {
    if (at < this.#start || at >= this.#start + this.#length) {
      this.#length = readSync(this.#descriptor, this.#buffer, 0, windowBytes, at);
      this.#start = at;
      if (this.#length === 0) notOnnx();
    }
    return this.#buffer[at - this.#start] as number;
  }

  text(at: number, length: number): string {
    if (length > longestText) notOnnx();
    return Buffer.from(Array.from({ length }, (_, n) => this.byte(at + n))).toString('utf8');
  }
}

/** A base-128 number at `at`, and where the next field begins. */
function varint(file: FileWindow, at: number): readonly [value: number, next: number] {
  let value = 0;
  for (let n = 0; n < 10; n++) {
    const byte = file.byte(at + n);
    value += (byte & 0x7f) * 2 ** (7 * n);
    if (byte < 0x80) return [value, at + n + 1];
  }
  return notOnnx();
}

function walk(file: FileWindow, kind: MessageKind, from: number, to: number, depth: number, found: Set<string>): void {
  if (depth > deepest) notOnnx();
  let key = '';
  for (let at = from; at < to;) {
    const [tag, body] = varint(file, at);
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0: [, at] = varint(file, body); break;
      case 1: at = body + 8; break;
      case 5: at = body + 4; break;
      case 2: {
        const [length, start] = varint(file, body);
        at = start + length;
        if (at > to) notOnnx();
        const child = children[kind][field];
        if (child !== undefined) walk(file, child, start, at, depth + 1, found);
        else if (kind === 'entry' && field === 1) key = file.text(start, length);
        else if (kind === 'entry' && field === 2 && key === 'location') found.add(file.text(start, length));
        break;
      }
      default: notOnnx();
    }
  }
}

/** Locations as the graph writes them, sorted. @throws AppError `MODEL_FAILED` for a file that is no protobuf message. */
export function externalDataLocations(path: string): readonly string[] {
  const descriptor = openSync(path, 'r');
  try {
    const found = new Set<string>();
    walk(new FileWindow(descriptor), 'model', 0, fstatSync(descriptor).size, 0, found);
    return [...found].sort();
  } finally {
    closeSync(descriptor);
  }
}
