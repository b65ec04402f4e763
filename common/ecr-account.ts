/** Number of the account whose registry in ECR has this host. Undefined for any other host. */
export function ecrAccount(host: string): string | undefined {
  return /^(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.exec(host)?.[1];
}
