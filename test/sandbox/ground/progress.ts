/** Seconds between two signs of life of a step where the output is no terminal. */
const heartbeat = 30;

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs one step and says on standard error what it is, how long it has taken so far, and whether it worked: a line that
 * counts on a terminal, plain lines elsewhere.
 */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  const since = performance.now();
  const [green, red, end] =
    stderr.isTTY && !process.env["NO_COLOR"] ? ["\x1b[32m", "\x1b[31m", "\x1b[0m"] : ["", "", ""];
  const clear = stderr.isTTY ? "\r\x1b[K" : "";
  // Of a line that wraps, only the last row would be cleared.
  const short = title.slice(0, stderr.columns - "   (1000.0 s)".length);
  const tick = () =>
    stderr.write(
      stderr.isTTY ? `${clear}  ${short} (${seconds(since)})` : `  ${title}: still at it after ${seconds(since)}\n`,
    );
  if (!stderr.isTTY) {
    stderr.write(`  ${title} …\n`);
  }
  const timer = setInterval(tick, stderr.isTTY ? 200 : heartbeat * 1000);
  try {
    const result = await work();
    stderr.write(`${clear}${green}✓${end} ${title} (${seconds(since)})\n`);
    return result;
  } catch (error) {
    stderr.write(`${clear}${red}✗${end} ${title} (${seconds(since)})\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
