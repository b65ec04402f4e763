#!/usr/bin/env bash
# app.sh check formats, vets and lints the repository's Go modules: the service, those of the end-to-end suites and the
# benchmark's peers. app.sh test tests them. Both go on after a failure, and the last lines name what failed. Not among them is
# bench/client-go, because go vet would compile all of client-go.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(app test/e2e/fixtures/{greeter,misfit} test/e2e/fixtures/private-modules/{service,words} bench/servers)
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

compiler=$(go env CC)
if command -v "${compiler%% *}" >/dev/null; then
  export CGO_ENABLED=1 # which the race detector needs
  race=-race
else
  export CGO_ENABLED=0
  race=
  echo "app.sh: no C compiler ($compiler), so the Go tests run without the race detector" >&2
fi
# The checkers get the tests' flags, so that a cold cache compiles the standard library for all of them once.
flags="${GOFLAGS-} $race"

formatted() {
  local files
  files=$(gofmt -l .) || return 1
  [[ -z $files ]] || {
    printf 'not formatted, run gofmt -w on:\n%s\n' "$files" >&2
    return 1
  }
}

failed=()
run() { # NAME COMMAND…
  local name=$1
  shift
  (cd "$module" && "$@") || failed+=("$module: $name")
}

check() {
  run gofmt formatted
  run 'go vet' env GOFLAGS="$flags" go vet ./...
  run staticcheck go run -exec "env 'GOFLAGS=$flags'" "$staticcheck" ./...
}

tests() {
  run 'go test' env GOFLAGS="$flags" go test -vet=off ./...
}

case ${1-} in
check) work=check ;;
test) work=tests ;;
*)
  echo 'usage: test/app.sh check|test' >&2
  exit 2
  ;;
esac
for module in "${modules[@]}"; do
  "$work"
done

if ((${#failed[@]})); then
  printf 'app.sh: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
