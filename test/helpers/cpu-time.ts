/** Milliseconds of processor time that this process has used: unlike a clock it stands still while others have the processor. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
