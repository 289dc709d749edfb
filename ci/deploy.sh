#!/usr/bin/env bash
# What `deploy/` promises: a unit whose sandbox is switched on, and a binary that needs nothing beside itself. No container is
# made here; the same binary runs as nobody in a folder that holds nothing else.
set -euo pipefail
source ci/common.sh

# The most exposure that `systemd-analyze security` may find, of 100.
readonly EXPOSURE=20

scratch=$(mktemp -d)
gateway=
trap 'kill $gateway 2>/dev/null || true; rm -rf "$scratch"' EXIT

if command -v systemd-analyze >/dev/null; then
    # The unit as it is, but for the paths of a machine on which it is installed.
    sed -e "s|^ExecStart=[^ ]*|ExecStart=$(command -v true)|" -e '/^Documentation=/d' \
        deploy/interlingua.service >"$scratch/interlingua.service"
    systemd-analyze verify "$scratch/interlingua.service"
    systemd-analyze security --offline=true --threshold="$EXPOSURE" deploy/interlingua.service | tail -n 1
else
    echo "skipped: there is no systemd-analyze, so the unit is not looked at"
fi

[[ $(uname -m) == x86_64 ]] || { echo "skipped: the static binary is built on x86_64 only"; exit 0; }
# The flag is for the program alone: what it is made of is built already.
cargo rustc --locked --quiet --package interlingua --bin interlingua -- -C target-feature=+crt-static
binary=$TARGET/debug/interlingua
if readelf --dynamic "$binary" | grep NEEDED; then
    die "$binary is not static: it needs what is named above"
fi
mkdir "$scratch/root"
cp "$binary" "$scratch/root/interlingua"
chmod 755 "$scratch" "$scratch/root"
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot) || { echo "skipped: there is no chroot; the binary is static"; exit 0; }
[[ $(id -u) == 0 ]] || { echo "skipped: only root may change the root folder; the binary is static"; exit 0; }
# What every container has beside its image.
mkdir "$scratch/root/dev"
{ mknod -m 666 "$scratch/root/dev/random" c 1 8 && mknod -m 666 "$scratch/root/dev/urandom" c 1 9; } || { echo "skipped: no device can be made here; the binary is static"; exit 0; }
port=$(free_port)
nobody() {
    env -i INTERLINGUA_LISTEN="127.0.0.1:$port" "$chroot" --userspec=65534:65534 "$scratch/root" /interlingua "$@"
}
nobody serve --upstream replay >"$scratch/log" 2>&1 &
gateway=$!
wait_until_healthy "$gateway" "$port" "$scratch/log"
nobody healthy
nobody doctor --upstream replay --model gpt-5.4 --ask
echo "a static binary of $(stat -c %s "$binary") bytes serves as nobody from an empty folder"
