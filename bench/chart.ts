/** A bar of a {@link barChart}. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as a reader wants it, with its unit. */
  readonly text: string;
  /** Set off from the others: the project's own. */
  readonly own?: boolean;
}

const width = 720;
const left = 250;
const right = 90;
const row = 28;
const top = 44;

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Horizontal bars from zero, as an SVG document that is readable on a light and on a dark page. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, text, own }, index) => {
    const y = top + index * row;
    const length = Math.max(1, ((width - left - right) * value) / longest).toFixed(1);
    return [
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escape(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${length}" height="${row - 8}" rx="2"${own ? ' class="own"' : ""}/>`,
      `<text x="${left + Number(length) + 8}" y="${y + 15}">${escape(text)}</text>`,
    ].join("\n");
  });
  const height = top + bars.length * row + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
rect { fill: #8c959f }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { fill: #6e7681 } .own { fill: #4493f8 } }
</style>
<text class="title" x="10" y="22">${escape(title)}</text>
${rows.join("\n")}
</svg>
`;
}
