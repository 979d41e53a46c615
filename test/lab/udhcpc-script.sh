#!/bin/sh
# What udhcpc calls on each event: configures the device, and writes the lease to $FACTS for the test to read.
set -eu

case "$1" in
bound | renew)
  if [ "$1" = bound ]; then ip -4 addr flush dev "$interface"; fi
  ip -4 addr replace "$ip/$mask" dev "$interface"
  for gateway in ${router:-}; do
    ip -4 route replace default via "$gateway" dev "$interface"
    break
  done
  {
    [ -z "${domain:-}" ] || echo "search $domain"
    for server in ${dns:-}; do echo "nameserver $server"; done
  } >/etc/resolv.conf
  state=bound
  ;;
deconfig | nak)
  ip -4 addr flush dev "$interface"
  ip link set "$interface" up
  : >/etc/resolv.conf
  state=none
  ;;
*)
  exit 0
  ;;
esac

cat >"$FACTS.new" <<EOF
state=$state
event=$1
address=${ip:-}
length=${mask:-}
gateway=${router:-}
dns=${dns:-}
domain=${domain:-}
ntp=${ntpsrv:-}
server=${serverid:-}
seconds=${lease:-}
EOF
mv "$FACTS.new" "$FACTS"
