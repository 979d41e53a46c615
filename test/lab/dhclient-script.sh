#!/bin/sh
# What dhclient calls on each event: configures the device, and writes the lease to $FACTS for the test to read.
# Debian's own script cannot be used: it renames over /etc/resolv.conf, which in a namespace is a mount point.
set -eu

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

case "$reason" in
PREINIT)
  ip link set "$interface" up
  exit 0
  ;;
BOUND | RENEW | REBIND | REBOOT)
  if [ "${old_ip_address:-$new_ip_address}" != "$new_ip_address" ]; then
    ip -4 addr flush dev "$interface"
  fi
  length=$(prefix_length "$new_subnet_mask")
  ip -4 addr replace "$new_ip_address/$length" dev "$interface"
  for router in ${new_routers:-}; do
    ip -4 route replace default via "$router" dev "$interface"
    break
  done
  {
    [ -z "${new_domain_name:-}" ] || echo "search $new_domain_name"
    for server in ${new_domain_name_servers:-}; do echo "nameserver $server"; done
  } >/etc/resolv.conf
  state=bound
  ;;
EXPIRE | FAIL | RELEASE | STOP)
  ip -4 addr flush dev "$interface"
  : >/etc/resolv.conf
  state=none
  ;;
*)
  exit 0
  ;;
esac

cat >"$FACTS.new" <<EOF
state=$state
event=$reason
address=${new_ip_address:-}
length=${length:-}
gateway=${new_routers:-}
dns=${new_domain_name_servers:-}
domain=${new_domain_name:-}
ntp=${new_ntp_servers:-}
server=${new_dhcp_server_identifier:-}
seconds=${new_dhcp_lease_time:-}
EOF
mv "$FACTS.new" "$FACTS"
