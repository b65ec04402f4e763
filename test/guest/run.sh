#!/bin/sh
# Tries a whole `npm start` on unified cgroup v2, on a machine that has cgroup v1: in a guest, Debian's user-mode Linux, which is
# a kernel that runs as a process. The guest's root is this machine's file system, read-only, below a layer in memory: it has
# the same checkout, Node.js, Go and sandbox binaries, and a copy of the builder's cache. It ends with what
# `npm run sandbox:down` leaves behind. Exit status 0: /health answered, a second start too, and nothing is left.
#
# It takes some 10 minutes. It needs Debian on amd64, root, 9 GB of free memory, a network, and an `npm start` and `npm run
# sandbox:down` on the machine before it. Both packages are unpacked into the sandbox's cache and not installed.
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ping-sandbox
guest=$cache/guest
work=$(mktemp -d)
# The guest leaves the terminal's process group: neither Ctrl-C nor a signal to this script would end it.
trap 'kill "$(cat "$work/guest/pid" 2> /dev/null)" 2> /dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

if ! [ -d "$guest" ]; then
  mkdir "$work/packages"
  (
    cd "$work/packages"
    apt-get download -q user-mode-linux slirp
    for package in *.deb; do
      dpkg-deb -x "$package" .
      rm "$package"
    done
  )
  mv "$work/packages" "$guest"
fi

# A disk with the builder's cache.
mkdir -p "$cache/buildkit"
mke2fs -q -t ext4 -d "$cache/buildkit" "$work/buildkit.img" 8G

# The kernel puts what it doesn't know, from PATH on, into the environment of its first process.
"$guest/usr/bin/linux.uml" mem=8G uml_dir="$work" umid=guest quiet con=null con0=null,fd:1 \
  root=/dev/root rootfstype=hostfs rootflags=/ ro init="$checkout/test/guest/init.sh" \
  ubd0="$work/buildkit.img" eth0=slirp,,"$guest/usr/bin/slirp-fullbolt" \
  PATH="$PATH" HOME="$HOME" checkout="$checkout" cache="$cache" modules="$(echo "$guest"/usr/lib/uml/modules/*)" 2>&1 |
  tee "$work/console" &
wait $!
exit "$(tr -d '\r' < "$work/console" | sed -n 's/^The guest ends with status //p' | grep . || echo 1)"
