import type { BuildSource } from "../../infra/config";

/** What a stack builds that sets none of the keys for it. */
export const buildSource: BuildSource = {
  kind: "build",
  app: "./app",
  dockerfile: "app/Dockerfile",
  builder: undefined,
  bases: {},
  build: { args: {}, secrets: {}, ssh: [], contexts: {}, target: undefined },
  rebuild: undefined,
  origin: undefined,
};
