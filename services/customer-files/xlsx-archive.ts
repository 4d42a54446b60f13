import { crc32 } from 'node:zlib';
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import yauzl from 'yauzl';
import type { ReveilleError } from '../../domain/errors.ts';
import { unusable } from './problems.ts';

/** Bounds on what a workbook may unpack to; a real one of 10,000 customers needs a tenth of it. */
const MAX_PARTS = 10_000;
const MAX_PART_BYTES = 512 * 1024 * 1024;
const MAX_TOTAL_BYTES = 1024 * 1024 * 1024;
const OLE_MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/** What a part's elements are handed to, by names without their prefix. */
export interface XmlHandler {
  open?: (name: string, attributes: Record<string, string>) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
}

/** An element's name without its namespace prefix, which every writer chooses for itself. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function refuseOtherFormats(file: string, content: Buffer): void {
  if (content.length === 0) throw unusable(file, 'the file is empty');
  if (content.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) return;
  if (!content.subarray(0, 8).equals(OLE_MAGIC)) throw unusable(file, 'is not an .xlsx workbook (not a zip archive)');
  const encrypted = content.includes(Buffer.from('EncryptedPackage', 'utf16le'));
  throw unusable(
    file,
    encrypted
      ? 'is encrypted with a password; save it without one'
      : 'is an old .xls workbook or another Office file; save it as .xlsx',
  );
}

/** The parts of a workbook's zip archive, unpacked one at a time and never beyond the bounds. */
export class XlsxArchive {
  readonly #file: string;
  readonly #zip: yauzl.ZipFile;
  readonly #entries: ReadonlyMap<string, yauzl.Entry>;
  #unpacked = 0;

  private constructor(file: string, zip: yauzl.ZipFile, entries: ReadonlyMap<string, yauzl.Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#entries = entries;
  }

  /** @throws ReveilleError `invalid_input` when `content` is no zip archive, encrypted, or damaged. */
  static async open(file: string, content: Buffer): Promise<XlsxArchive> {
    refuseOtherFormats(file, content);
    try {
      const zip = await yauzl.fromBufferPromise(content);
      if (zip.entryCount > MAX_PARTS)
        throw unusable(file, `has ${zip.entryCount} parts; at most ${MAX_PARTS} are read`);
      const entries = new Map<string, yauzl.Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName.toLowerCase(), entry);
      return new XlsxArchive(file, zip, entries);
    } catch (error) {
      throw asUnusable(file, error);
    }
  }

  has(part: string): boolean {
    return this.#entries.has(part.toLowerCase());
  }

  /**
   * Streams one part through an XML parser.
   * @throws ReveilleError `invalid_input` when the part is missing, encrypted, too large, damaged, or no XML.
   */
  async readXml(part: string, handler: XmlHandler): Promise<void> {
    const entry = this.#entries.get(part.toLowerCase());
    if (!entry) throw unusable(this.#file, `is not a whole .xlsx workbook (it has no part ${part})`);
    if (entry.isEncrypted()) throw unusable(this.#file, 'is encrypted with a password; save it without one');
    this.#unpacked += entry.uncompressedSize;
    if (entry.uncompressedSize > MAX_PART_BYTES || this.#unpacked > MAX_TOTAL_BYTES) {
      throw unusable(this.#file, `unpacks to more than is read (part ${part} has ${entry.uncompressedSize} bytes)`);
    }
    try {
      await this.#parse(entry, handler);
    } catch (error) {
      throw asUnusable(this.#file, error, part);
    }
  }

  async #parse(entry: yauzl.Entry, handler: XmlHandler): Promise<void> {
    const parser = new SaxesParser({ xmlns: false, position: false });
    if (handler.open) parser.on('opentag', (tag: SaxesTagPlain) => handler.open?.(localName(tag.name), tag.attributes));
    if (handler.text) parser.on('text', handler.text);
    if (handler.close) parser.on('closetag', (tag: SaxesTagPlain) => handler.close?.(localName(tag.name)));
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let checksum = 0;
    // yauzl ends the stream with an error as soon as it grows beyond the size that was checked above.
    const stream: AsyncIterable<Buffer> = await this.#zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      checksum = crc32(chunk, checksum);
      parser.write(decoder.decode(chunk, { stream: true }));
    }
    parser.write(decoder.decode()).close();
    if (checksum !== entry.crc32) throw new Error('checksum does not match');
  }
}

function asUnusable(file: string, error: unknown, part?: string): ReveilleError {
  if (error instanceof Error && error.name === 'ReveilleError') return error as ReveilleError;
  return unusable(file, part ? `is damaged (part ${part})` : 'is damaged (its zip archive cannot be read)', error);
}
