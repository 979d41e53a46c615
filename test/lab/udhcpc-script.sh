#!/bin/sh
# What udhcpc calls on each event: configures the device, and writes the lease to $FACTS for the test to read.
set -eu
. "$(dirname "$0")/dhcp-facts.sh"

address=${ip:-}
length=${mask:-}
gateway=${router:-}
dns=${dns:-}
domain=${domain:-}
ntp=${ntpsrv:-}
server=${serverid:-}
seconds=${lease:-}
case "$1" in
bound | renew)
  if [ "$1" = bound ]; then ip -4 addr flush dev "$interface"; fi
  give_address
  tell_facts bound "$1"
  ;;
deconfig | nak)
  take_address
  ip link set "$interface" up
  tell_facts none "$1"
  ;;
esac
