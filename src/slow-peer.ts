/**
 * How long a peer may take over bytes that were handed to the two systems' buffers, where nobody can see whether they
 * move. So a receiver of 1 kB/s gets what it is sent; one that hangs is given up later, by as much as lies in buffers.
 */

/** Half of what the slowest receiver takes that is served. */
export const slowestBytesPerSecond = 500;
/** More than this does not lie between two programs. */
const mostBufferedBytes = 4 * 1024 ** 2;

export function takingMs(handedBytes: number, bytesPerSecond = slowestBytesPerSecond): number {
  return Math.ceil(Math.min(handedBytes, mostBufferedBytes) / bytesPerSecond * 1000);
}
