/** What all HTML reports share. */

/** One look for all reports: no script, no font or picture from elsewhere. */
export const style = `
:root { color: #1d252b; background: #eef1f3; font: 15px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; }
body { max-width: 940px; margin: 0 auto; padding: 28px 24px 48px; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 0 0 10px; }
section { background: #fff; border: 1px solid #d7dde1; border-radius: 6px; padding: 18px 22px; margin: 16px 0; overflow-x: auto; }
.score { display: flex; gap: 44px; flex-wrap: wrap; align-items: baseline; margin: 0; }
.score div { margin: 0; } .score dt { color: #4a545c; } .score dd { margin: 0; font-size: 26px; font-weight: 600; }
.score dd small { font-size: 14px; font-weight: 400; color: #4a545c; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid #e6eaed; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .files th, .files td { text-align: left; } .files td { vertical-align: top; } thead th { color: #4a545c; font-weight: 600; border-bottom: 2px solid #c9d1d6; }
svg { width: 100%; height: auto; display: block; } .hash, pre { font: 12px/1.5 "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
.track { display: inline-block; width: 90px; height: 9px; background: #e6eaed; border-radius: 2px; text-align: left; } .bar { display: block; height: 9px; background: #0b5fa5; border-radius: 2px; }
.share { display: inline-block; min-width: 104px; }
.notice { border-left: 4px solid #b36b00; } ul { margin: 0; padding-left: 20px; } footer { color: #4a545c; }
@media print { :root { background: #fff; } section { break-inside: avoid; } }`;

/** Cells are markup already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', values: readonly string[]): string => values.map((value) => `<${tag}>${value}</${tag}>`).join('');
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table>`;
}
