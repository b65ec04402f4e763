/** `npm run` in a checkout, without npm's own lines. */
export const npm = (...args: string[]): [string, ...string[]] => ["npm", "run", "--silent", ...args];
