/** What makes a stack one that deploys the service in `greeter/`, beside where its image goes. */
export const greeterConfig = {
  app: "./test/e2e/greeter",
  dockerfile: "./test/e2e/greeter/build/Containerfile",
  registry: { url: "localhost:15000/greeter" },
  port: 9090,
  healthPath: "/healthz",
} as const;
