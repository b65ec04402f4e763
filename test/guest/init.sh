#!/bin/sh
# The first process of run.sh's guest, which gives it PATH, HOME, checkout, cache and modules.
set -eu

if [ "${1-}" != inside ]; then
  mount -t proc proc /proc
  busybox insmod "$modules/kernel/fs/overlayfs/overlay.ko"
  mount -t tmpfs -o size=4G tmpfs /mnt
  mkdir /mnt/upper /mnt/work /mnt/root
  mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
  cd /mnt/root
  busybox pivot_root . mnt
  exec chroot . /bin/sh "$checkout/test/guest/init.sh" inside
fi

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# The kernel loads by this command what iptables, ipset and containers ask for.
mkdir -p /lib/modules
ln -s "$modules" /lib/modules/
command -v modprobe > /dev/null || ln -s "$(command -v busybox)" /sbin/modprobe
# This kernel has no nftables for IPv4.
update-alternatives --quiet --set iptables /usr/sbin/iptables-legacy
update-alternatives --quiet --set ip6tables /usr/sbin/ip6tables-legacy
# iptables' first use would load it, with a process of its own that stays.
modprobe bpfilter
# A kubelet doesn't start where it can't see the processor's frequency, which this kernel doesn't know.
mkdir -p /sys/devices/system
mount -t tmpfs tmpfs /sys/devices/system
mkdir -p /sys/devices/system/cpu/cpu0/cpufreq
echo 2000000 > /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq

hostname guest
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2

# What the sandbox keeps is on no overlay: images are mounted as overlays, whose upper layer can't be on another.
export XDG_CACHE_HOME=/cache
mkdir /cache
mount -t tmpfs tmpfs /cache
mkdir -p /cache/ping-sandbox/buildkit
ln -s "$cache/binaries" /cache/ping-sandbox/
find "$cache" -maxdepth 1 -name 'unavailable-*' -exec cp {} /cache/ping-sandbox/ \;
mount /dev/ubda /cache/ping-sandbox/buildkit

# What the sandbox must leave as it was.
traces() {
  cat /proc/mounts
  find /sys/fs/cgroup -type d
  cat /sys/fs/cgroup/cgroup.subtree_control
  ip -oneline -4 address | sed 's/valid_lft.*//'
  ip route
  iptables-save | sed '/^#/d; s/\[.*\]//'
  sysctl kernel.panic kernel.panic_on_oops vm.overcommit_memory vm.panic_on_oom kernel.keys
  for each in /proc/[0-9]*/cmdline; do
    tr '\0' ' ' < "$each" 2> /dev/null && echo
  done | grep . | sort -u
}
attempt() {
  set -e
  uname -srv
  echo "cgroup v2 with $(cat /sys/fs/cgroup/cgroup.controllers)"
  traces > /tmp/before
  # An edit, so that the builder has steps to run.
  echo "// Tried in a guest." >> app/main.go
  npm start
  curl -sS -i http://127.0.0.1:18080/health
  npm start
  npm run -s sandbox -- kubectl get pods --all-namespaces --output wide
  find /sys/fs/cgroup -mindepth 1 -type d
  npm run sandbox:down
  traces > /tmp/after
  diff /tmp/before /tmp/after
  echo "Nothing is left."
}
cd "$checkout"
set +e
{
  (attempt)
  echo $? > /tmp/status
} 2>&1 | while IFS= read -r line; do
  read -r now _ < /proc/uptime
  echo "$now s: $line"
done
echo "The guest ends with status $(cat /tmp/status)"
busybox poweroff -f
