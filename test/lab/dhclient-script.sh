#!/bin/sh
# What dhclient calls on each event: configures the device, and writes the lease to $FACTS for the test to read.
# Debian's own script cannot be used: it renames over /etc/resolv.conf, which in a namespace is a mount point.
set -eu
. "$(dirname "$0")/dhcp-facts.sh"

prefix_length() {
  bits=0
  for octet in $(echo "$1" | tr . ' '); do
    while [ "$octet" -gt 0 ]; do
      bits=$((bits + octet % 2))
      octet=$((octet / 2))
    done
  done
  echo "$bits"
}

read_new_lease
case "$reason" in
PREINIT)
  ip link set "$interface" up
  ;;
BOUND | RENEW | REBIND | REBOOT)
  if [ "${old_ip_address:-$new_ip_address}" != "$new_ip_address" ]; then
    ip -4 addr flush dev "$interface"
  fi
  length=$(prefix_length "$new_subnet_mask")
  give_address
  tell_facts bound "$reason"
  ;;
EXPIRE | FAIL | RELEASE | STOP)
  take_address
  tell_facts none "$reason"
  ;;
esac
