#!/usr/bin/env bash
# app.sh test checks the repository's Go modules with gofmt and go vet and runs their tests. app.sh lint runs staticcheck on them,
# app.sh race their tests under the race detector: what CI does beside npm test, because it takes minutes to compile. The modules
# are the service, those of the end-to-end suites and the benchmark's peers. bench/client-go is left out, because go vet would
# compile all of client-go. Each goes on after a failure, and the last lines name what failed.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(app test/e2e/fixtures/{greeter,misfit} test/e2e/fixtures/private-modules/{service,words} bench/servers)
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The flags with which app/'s tests build the service: a cold cache then compiles the standard library once.
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS-} -trimpath"

failed=()
each() { # COMMAND…
  for module in "${modules[@]}"; do
    (cd "$module" && "$@") || failed+=("$module: $*")
  done
}

# Leaves out the lines of packages that passed: .ci/run would count them beside those of `test`.
quietly() { # COMMAND…
  "$@" | sed '/^ok[[:space:]]/d'
}

formatted() {
  local files
  files=$(gofmt -l app bench test) || return 1
  [[ -z $files ]] || {
    printf 'not formatted, run gofmt -w on:\n%s\n' "$files" >&2
    return 1
  }
}

case ${1-} in
test)
  formatted || failed+=(gofmt)
  each go test -vet=all ./...
  ;;
lint) each go run "$staticcheck" ./... ;;
race) CGO_ENABLED=1 each quietly go test -vet=off -race ./... ;;
*)
  echo 'usage: test/app.sh test|lint|race' >&2
  exit 2
  ;;
esac

if ((${#failed[@]})); then
  printf 'app.sh: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
