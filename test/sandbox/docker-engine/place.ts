import { join } from "node:path";
import { cache } from "../ground/paths";

/** A path of what the engine keeps. */
const inRoot = (...parts: string[]): string => join(cache, "docker-engine", ...parts);

/** What the engine keeps and what leads to it. */
export const engineFiles = {
  /** Images, volumes and what builds keep, which outlive the engine. */
  data: inRoot("data"),
  /** The images of Docker Hub that builders pull, which outlive the engine. */
  hub: inRoot("hub"),
  /** The file system of a Debian, which outlives the engine. */
  debian: inRoot("debian", "debian.tar"),
  /** The commands of a machine with Docker. */
  bin: inRoot("bin"),
  /** The home directory of the machine's user. */
  home: inRoot("home"),
  /** The users, of whom root is at home there. */
  passwd: inRoot("run", "passwd"),
  /** What Docker's commands are configured by. */
  config: inRoot("home", ".docker"),
  /** Where file systems of images are put together. */
  images: inRoot("images"),
  /** What lives as long as the engine. */
  directory: inRoot("run"),
  pid: inRoot("run", "pid"),
  /** Where its network namespace is, in its own mount namespace alone. */
  network: inRoot("run", "network"),
  socket: inRoot("run", "docker.sock"),
  log: inRoot("run", "dockerd.log"),
} as const;
