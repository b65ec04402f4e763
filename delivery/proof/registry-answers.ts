/**
 * What a registry answered to cosign, as `cosign --verbose` logs it (`transport/logger.go` of google/go-containerregistry).
 * cosign itself tells of no such failure: it takes attestations that it couldn't read for none.
 */
interface Answers {
  /** Why nobody knows what the registry has about an image; undefined where it answered each request. */
  readonly fault: string | undefined;
  /** Whether a signed statement was read, good or bad. */
  readonly hasStatement: boolean;
}

const line =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d <-- (?:(?<status>\d{3}) (?<url>\S+)|(?<error>.*) [A-Z]+ (?<unanswered>\S+)) \(\S+\)/gm;

/** Reads the log of a `cosign verify-attestation --verbose`. */
export function readAnswers(log: string): Answers {
  // A request that is sent again counts by its last answer. Without the query: that of a redirect holds a signature.
  const last = new Map<string, string>();
  for (const { groups: { status, url, error = "", unanswered } = {} } of log.matchAll(line)) {
    last.set((url ?? unanswered ?? "").replace(/\?.*$/, ""), status ?? error);
  }
  const answers = [...last].filter(([url]) => !url.endsWith("/v2/"));
  const bad = answers.find(([url, answer]) => !isFine(url, answer));
  const isAsked = answers.some(([url]) => isListing(url));
  const failed = bad ?? (isAsked ? undefined : ([...last].at(-1) ?? ["what refers to it", "it was never asked for"]));
  return {
    fault: failed && `${failed[0]}: ${failed[1]}`,
    hasStatement: answers.some(([url]) => url.includes("/blobs/")),
  };
}

const isListing = (url: string): boolean => url.includes("/referrers/");

/** 404: there is none. A registry that doesn't list what refers to an image says 400 or 406 as well, and has a tag instead. */
function isFine(url: string, answer: string): boolean {
  return /^[23]\d\d$/.test(answer) || answer === "404" || (isListing(url) && ["400", "406"].includes(answer));
}
