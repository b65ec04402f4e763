import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { files } from "../sandbox/network/sockets";
import { buildBinaries } from "../sandbox/toolchain/build-binaries";
import { eventually } from "./eventually";
import { execute } from "./execute";

/** A BuildKit with a cache of its own, on a tmpfs that goes with it. */
export class OwnBuilder {
  static readonly builder = "own";

  private constructor(
    private readonly directory: string,
    private readonly server: ChildProcess,
    /** A command's environment in which buildx knows it by name. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * @param megabytes Size of its disk.
   * @param apart Whether it has a network of its own, as in a container.
   */
  static async start(env: NodeJS.ProcessEnv, megabytes: number, apart = false): Promise<OwnBuilder> {
    const directory = mkdtempSync(join(tmpdir(), "ping-e2e-builder-"));
    const [root, address] = [join(directory, "root"), `unix://${join(directory, "socket")}`];
    mkdirSync(root);
    mkdirSync(join(directory, "instances"));
    const instance = { Name: this.builder, Driver: "remote", Nodes: [{ Name: "own0", Endpoint: address }] };
    writeFileSync(join(directory, "instances", this.builder), JSON.stringify(instance));
    const daemon = ["buildkitd", "--config", files.buildkitd, "--root", root, "--addr", address];
    const lo = apart ? "ip link set lo up && " : "";
    const mount = `${lo}mount -t tmpfs -o size=${String(megabytes)}m tmpfs ${root} && exec "$@"`;
    const PATH = [...(await buildBinaries(new AbortController().signal)), env["PATH"]].join(":");
    const server = spawn("unshare", ["--mount", ...(apart ? ["--net"] : []), "sh", "-c", mount, "sh", ...daemon], {
      env: { ...env, PATH },
      stdio: "ignore",
    });
    await eventually("the builder of its own", async () => {
      const look = await execute(["buildctl", "--addr", address, "debug", "workers"], { env });
      return look.status === 0 || undefined;
    });
    return new OwnBuilder(directory, server, { ...env, BUILDX_CONFIG: directory });
  }

  async remove(): Promise<void> {
    const ended = once(this.server, "exit");
    this.server.kill("SIGTERM");
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
