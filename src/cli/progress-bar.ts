/** A line on a terminal's stderr that is rewritten in place; nothing at all when stderr is no terminal. */
export interface ProgressBar {
  update(label: string, fraction: number): void;
  done(): void;
}

const width = 28;

export function createProgressBar(stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  let shown = '';
  return {
    update(label, fraction) {
      if (!stream.isTTY) return;
      const part = Math.min(1, Math.max(0, fraction));
      const filled = Math.round(part * width);
      const line = `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${String(Math.round(part * 100)).padStart(3)} %  ${label}`;
      if (line === shown) return;
      shown = line;
      stream.write(`\r\u001b[2K${line}`);
    },
    done() {
      if (stream.isTTY && shown !== '') stream.write('\r\u001b[2K');
      shown = '';
    },
  };
}
