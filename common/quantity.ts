const suffixes = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
} as const;

const isSuffix = (text: string): text is keyof typeof suffixes => Object.hasOwn(suffixes, text);

/**
 * Reads a Kubernetes resource quantity (`250m`, `64Mi`, `0.5`) into cores or bytes. Undefined if it isn't a quantity
 * above 0. Kubernetes' exponent form (`1e3`) isn't read: nobody writes it.
 */
export function parseQuantity(text: string): number | undefined {
  const [, digits, suffix = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  if (digits === undefined || !isSuffix(suffix)) {
    return undefined;
  }
  const value = Number(digits) * suffixes[suffix];
  return value > 0 ? value : undefined;
}
