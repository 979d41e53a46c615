#!/bin/sh
# dhcp-client-enter.sh FORBIDDEN OWN PATH ... -- COMMAND ...
# Runs a DHCP client on folders and files of its own: in a mount namespace of its own, what lies below OWN is put over
# each PATH. It refuses to start if /etc/resolv.conf were still the file FORBIDDEN (device:inode), the machine's own:
# a client that was started by hand once emptied it.
set -eu
forbidden=$1
own=$2
shift 2
mount --make-rprivate /
while [ "$1" != -- ]; do
  [ -e "$own$1" ] || mkdir -p "$own$1"
  mount --bind "$own$1" "$1"
  shift
done
shift
if [ "$(stat -L -c %d:%i /etc/resolv.conf)" = "$forbidden" ]; then
  echo "This would write to the machine's own /etc/resolv.conf" >&2
  exit 1
fi
# What a systemd program takes for a machine without udev, which this namespace is.
mount -o remount,ro,bind /sys
exec "$@"
