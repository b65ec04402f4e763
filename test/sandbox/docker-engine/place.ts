import { join } from "node:path";
import { cache } from "../paths";

/** A path of what the engine keeps. */
const inRoot = (...parts: string[]): string => join(cache, "docker-engine", ...parts);

/** What the engine keeps and what leads to it. */
export const engineFiles = {
  /** Images and volumes, which outlive the engine. */
  data: inRoot("data"),
  /** The commands of a machine with Docker. */
  bin: inRoot("bin"),
  /** What a user's `~/.docker` is. */
  config: inRoot("config"),
  /** Where file systems of images are put together. */
  images: inRoot("images"),
  /** What lives as long as the engine. */
  run: inRoot("run"),
  pid: inRoot("run", "pid"),
  socket: inRoot("run", "docker.sock"),
  log: inRoot("run", "dockerd.log"),
} as const;
