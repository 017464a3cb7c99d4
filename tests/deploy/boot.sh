#!/usr/bin/env bash
# Start systemd as the first process of namespaces of its own, over a copy of this machine's files
# that is thrown away: boot.sh FOLDER TREE PYTHON. FOLDER is empty, TREE a checkout with its .venv,
# PYTHON an interpreter of the system. Needs root; `unshare --mount --pid --fork` before it.
set -euo pipefail
folder=$1 tree=$2 python=$3
[ -d "$tree/.venv" ] && [ ! -L "$tree/.venv" ] # a link would lead out of the copy

mount -t tmpfs tmpfs "$folder"
mkdir "$folder"/{upper,work,root,tree,treework}
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --make-rslave "$root/sys"
umount -l "$root/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"

# What `git clone` and install.sh give: the tree, and an environment that no home is needed for.
mkdir -p "$root/opt/saqshy"
mount -t overlay overlay \
    -o "lowerdir=$tree,upperdir=$folder/tree,workdir=$folder/treework" "$root/opt/saqshy"
venv=$root/opt/saqshy/.venv
ln -sfn "$python" "$venv/bin/python"
sed -i "s|^home = .*|home = ${python%/*}|" "$venv/pyvenv.cfg"
sed -i "1s|.*|#!/opt/saqshy/.venv/bin/python|" "$venv/bin/saqshy"
grep -lxF "$tree" "$venv"/lib/python*/site-packages/*.pth | xargs sed -i "s|^$tree\$|/opt/saqshy|"

# Of the machine's own units none is wanted.
rm -rf "$root"/etc/systemd/system "$root"/usr/lib/systemd/{system-generators,system/*.wants}
rm -rf "$root"/{etc,var/lib}/saqshy
mkdir -p "$root/etc/systemd/system/service.d" "$root/var/log/saqshy"
printf '[Unit]\nDescription=Nothing but what is asked for\n' >"$root/etc/systemd/system/bare.target"
printf '[Service]\nStandardOutput=append:/var/log/saqshy/%%p.log\nStandardError=inherit\n' \
    >"$root/etc/systemd/system/service.d/told.conf"

cd "$root"
mkdir old
pivot_root . old
umount -l /old
exec env container=other /usr/lib/systemd/systemd --system --unit=bare.target \
    --log-target=console --show-status=no
