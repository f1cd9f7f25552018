/** Work of one name at a time, within this process. */
export function createInProcessExclusion(): <T>(name: string, work: () => Promise<T>) => Promise<T | undefined> {
  const running = new Set<string>();
  return async (name, work) => {
    if (running.has(name)) return undefined;
    running.add(name);
    try {
      return await work();
    } finally {
      running.delete(name);
    }
  };
}
