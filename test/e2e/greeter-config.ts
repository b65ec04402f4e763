/** What the second service, `greeter/`, needs in place of the project's own. */
export const greeterConfig = {
  name: "greeter",
  app: "./test/e2e/greeter",
  dockerfile: "./test/e2e/greeter/build/Containerfile",
  registry: { url: "localhost:15000/greeter" },
  port: 9090,
  healthPath: "/healthz",
} as const;
