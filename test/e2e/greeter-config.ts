/** What the second service, `greeter/`, needs in place of the project's own. */
export const greeterConfig = {
  name: "greeter",
  app: "./test/e2e/greeter",
  dockerfile: "./test/e2e/greeter/build/Containerfile",
  // Of this run alone: what an earlier one has built would be found there.
  registry: { url: `localhost:15000/greeter-${Date.now()}` },
  port: 9090,
  healthPath: "/healthz",
} as const;
