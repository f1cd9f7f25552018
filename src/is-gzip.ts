import { open } from 'node:fs/promises';

/** Whether the file begins as gzip does (RFC 1952 2.3.1: ID1, ID2). @throws of the file system */
export async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const magic = Buffer.alloc(2);
    const { bytesRead } = await file.read(magic, 0, 2, 0);
    return bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await file.close();
  }
}
