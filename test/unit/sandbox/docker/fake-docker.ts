import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { putCommand } from "../../../support/commands";
import { directoryWith } from "../../../support/files";

/** Keeps containers, networks and volumes as files, and refuses what Docker refuses. */
const docker = `
refuse() { echo "Error response from daemon: $1" >&2; exit 1; }
after() { # the value of an option
  found=; for word; do [ "$found" = next ] && { echo "$word"; return; }; [ "$word" = "$option" ] && found=next; done
}
case "$1 $2" in
"version --format")
  [ -e "$home/dead" ] && { echo "Cannot connect to the Docker daemon at $DOCKER_HOST. Is the docker daemon running?" >&2; exit 1; }
  echo 29.0.0;;
"context inspect") cat "$home/host";;
"buildx version") [ -e "$home/no-buildx" ] && { echo "docker: unknown command: docker buildx" >&2; exit 1; }; echo v0.30.0;;
"buildx create")
  mkdir -p "$BUILDX_CONFIG/instances"; touch "$BUILDX_CONFIG/instances/sandbox"
  touch "$home/volumes/buildx_buildkit_ping-sandbox_state"
  printf 'buildx_buildkit_ping-sandbox\\trunning\\t\\n' > "$home/containers/buildx_buildkit_ping-sandbox";;
"buildx inspect") printf 'buildx_buildkit_ping-sandbox\\trunning\\t\\n' > "$home/containers/buildx_buildkit_ping-sandbox";;
"buildx build") [ -e "$home/no-hub" ] && { echo "failed to resolve source metadata for docker.io/library/golang:1.26" >&2; exit 1; }; true;;
"run --detach")
  option=--name; name=$(after "$@"); option=--label; label=$(after "$@")
  [ -e "$home/containers/$name" ] && refuse "Conflict. The container name \\"/$name\\" is already in use"
  printf '%s\\trunning\\t%s\\n' "$name" "\${label#*=}" > "$home/containers/$name";;
"ps --all")
  case "$*" in
  *network=*) cat "$home/networks/kind" 2>/dev/null || true;;
  *) cat "$home"/containers/* 2>/dev/null || true;;
  esac;;
"ps --filter") cat "$home/publishers" 2>/dev/null || true;;
"network ls") echo bridge; ls "$home/networks";;
"network connect")
  grep -q "^$4$" "$home/networks/$3" && refuse "endpoint with name $4 already exists in network $3"
  echo "$4" >> "$home/networks/$3";;
"network rm") [ -s "$home/networks/$3" ] && refuse "network $3 has active endpoints"; rm "$home/networks/$3";;
"inspect --format") echo bridge; grep -l "^$4$" "$home"/networks/* 2>/dev/null | xargs -n 1 basename 2>/dev/null || true;;
"exec ping-sandbox-control-plane") true;;
"volume ls") ls "$home/volumes";;
"volume rm") [ -e "$home/containers/buildx_buildkit_ping-sandbox" ] && refuse "volume is in use"; rm "$home/volumes/$3";;
"rm --force")
  shift 3
  for name; do
    rm "$home/containers/$name" || refuse "No such container: $name"
    for network in "$home"/networks/*; do
      [ -e "$network" ] && { grep -v "^$name$" "$network" > "$home/rest.$$"; mv "$home/rest.$$" "$network"; }
    done
  done; true;;
*)
  if [ "$1" = start ]; then
    [ -e "$home/containers/$2" ] || refuse "No such container: $2"
    sed 's/exited/running/' "$home/containers/$2" > "$home/rest.$$"; mv "$home/rest.$$" "$home/containers/$2"
  else
    echo "unknown docker command: $*" >&2; exit 1
  fi;;
esac
`;

const kind = `
case "$*" in
"version --quiet") cat "$home/kind-version";;
"create cluster --name ping-sandbox --kubeconfig "*)
  [ -e "$home/no-cluster" ] && { echo "ERROR: failed to create cluster: could not find a log line" >&2; exit 1; }
  [ -e "$home/containers/ping-sandbox-control-plane" ] && { echo "ERROR: node(s) already exist" >&2; exit 1; }
  printf 'ping-sandbox-control-plane\\trunning\\t\\n' > "$home/containers/ping-sandbox-control-plane"
  echo ping-sandbox-control-plane >> "$home/networks/kind";;
"get kubeconfig --name ping-sandbox")
  [ -e "$home/containers/ping-sandbox-control-plane" ] || { echo "ERROR: could not locate any control plane nodes" >&2; exit 1; }
  echo "current-context: kind-ping-sandbox";;
*) echo "unknown kind command: $*" >&2; exit 1;;
esac
`;

const kubectl = `
case "$*" in
"get services "*)
  other='{"metadata":{"namespace":"ping-old","name":"ping-node-port"}}'
  echo '{"items":['"$other"',{"metadata":{"namespace":"ping-dev","name":"ping-node-port"}}]}';;
"get service "*) echo '{"spec":{"selector":{"app":"ping"},"ports":[{"port":80,"targetPort":"http"}]}}';;
esac
`;

/** Stubs of what the sandbox in Docker runs, and the state that they keep. */
export class FakeDocker {
  /** The environment in which they are the only commands beside the system's own. */
  readonly env: NodeJS.ProcessEnv;
  /** The sandbox's directory. */
  readonly directory: string;
  private readonly home: string;

  constructor(t: TestContext) {
    this.home = directoryWith(t, { host: "unix:///var/run/docker.sock\n", "kind-version": "0.33.0\n" });
    for (const directory of ["bin", "containers", "networks", "volumes"]) {
      mkdirSync(join(this.home, directory));
    }
    for (const [name, script] of Object.entries({ docker, kind, kubectl, pulumi: "echo v3.250.0\n" })) {
      const head = `PATH=/usr/bin:/bin\nhome=${this.home}\necho "${name} $*" >> ${join(this.home, "calls")}\n`;
      putCommand(join(this.home, "bin"), name, head + script);
    }
    this.directory = join(this.home, "run");
    this.env = { HOME: this.home, PATH: `${join(this.home, "bin")}:/usr/bin:/bin`, XDG_CACHE_HOME: this.home };
  }

  /** Takes a command away. */
  uninstall(name: string): void {
    rmSync(join(this.home, "bin", name));
  }

  /** Writes a file of the stubs' state. */
  set(file: string, text = ""): void {
    writeFileSync(join(this.home, file), text);
  }

  /** What is in Docker. */
  contents(): Record<"containers" | "networks" | "volumes", string[]> {
    const list = (directory: string) => readdirSync(join(this.home, directory)).sort();
    return { containers: list("containers"), networks: list("networks"), volumes: list("volumes") };
  }

  /** The commands that were run since it was last asked, without those that only look. */
  changes(): string[] {
    const file = join(this.home, "calls");
    const calls = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
    rmSync(file, { force: true });
    const looks =
      /^(docker (version|context|ps|inspect|network ls|volume ls|buildx version)|kind (version|get)|kubectl (wait|get|version)|pulumi version)/;
    return calls.filter((call) => !looks.test(call)).map((call) => call.replaceAll(this.directory, "RUN"));
  }
}
