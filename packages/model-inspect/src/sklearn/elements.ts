import { is, type ArrayValue, type DtypeValue, type Value } from '../pickle/values.ts';

export type Plain = string | number | boolean;

/** The elements of a one-dimensional array as plain values, undefined where they are not kept or not plain. */
export function elements(value: Value | undefined): Plain[] | undefined {
  if (is(value, 'list'))
    return value.length === value.items.length ? allPlain(value.items) : undefined;
  if (!is(value, 'array') || value.shape.length !== 1) return undefined;
  if (value.items !== undefined) return allPlain(value.items);
  return value.data === undefined || value.dtype === undefined
    ? undefined
    : fromBytes(value, value.data, value.dtype);
}

function allPlain(values: readonly Value[]): Plain[] | undefined {
  const out = values.map(plain);
  return out.includes(undefined) ? undefined : (out as Plain[]);
}

/** One value as JSON can say it. */
export function plain(value: Value | undefined): Plain | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (is(value, 'float')) return value.value;
  if (is(value, 'scalar') && value.data !== undefined) return element(value.dtype, value.data, 0);
  return undefined;
}

function fromBytes(array: ArrayValue, data: Uint8Array, dtype: DtypeValue): Plain[] | undefined {
  const count = array.shape[0] ?? 0;
  const out: Plain[] = [];
  for (let i = 0; i < count; i++) {
    const value = element(dtype, data, i * dtype.itemsize);
    if (value === undefined) return undefined;
    out.push(value);
  }
  return out;
}

function element(dtype: DtypeValue, data: Uint8Array, at: number): Plain | undefined {
  const view = new DataView(data.buffer, data.byteOffset + at, dtype.itemsize);
  const { kind, itemsize, littleEndian } = dtype;
  if (kind === 'b') return view.getUint8(0) !== 0;
  if (kind === 'f') return float(view, itemsize, littleEndian);
  if (kind === 'i' || kind === 'u') return integer(view, kind === 'i', itemsize, littleEndian);
  if (kind === 'U') return text(view, littleEndian);
  if (kind === 'S')
    return Buffer.from(data.subarray(at, at + itemsize))
      .toString('latin1')
      .replace(/\0+$/, '');
  return undefined;
}

function float(view: DataView, itemsize: number, little: boolean): number | undefined {
  if (itemsize === 8) return view.getFloat64(0, little);
  return itemsize === 4 ? view.getFloat32(0, little) : undefined;
}

function integer(view: DataView, signed: boolean, itemsize: number, little: boolean): Plain {
  if (itemsize === 1) return signed ? view.getInt8(0) : view.getUint8(0);
  if (itemsize === 2) return signed ? view.getInt16(0, little) : view.getUint16(0, little);
  if (itemsize === 4) return signed ? view.getInt32(0, little) : view.getUint32(0, little);
  const value = signed ? view.getBigInt64(0, little) : view.getBigUint64(0, little);
  return plain(value)!;
}

/** numpy's fixed-width strings are UTF-32, padded with zeros. */
function text(view: DataView, little: boolean): string | undefined {
  let out = '';
  for (let at = 0; at < view.byteLength; at += 4) {
    const code = view.getUint32(at, little);
    if (code === 0) break;
    if (code > 0x10ffff) return undefined;
    out += String.fromCodePoint(code);
  }
  return out;
}
