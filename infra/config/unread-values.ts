/** Config values by key, before the schema reads them. */
export type Values = Readonly<Record<string, unknown>>;
