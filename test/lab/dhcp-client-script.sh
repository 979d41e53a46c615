#!/bin/sh
# What dhcpcd calls on each event in the place of its own hooks, which would write to /etc: keeps the lease in $FACTS
# for the test to read. dhcpcd itself configures the device.
set -eu

case "$reason" in
BOUND | RENEW | REBIND | REBOOT | INFORM) state=bound ;;
EXPIRE | FAIL | NAK | RELEASE | STOP | STOPPED) state=none ;;
*) exit 0 ;;
esac

cat >"$FACTS.new" <<FACTS_END
state=$state
event=$reason
address=${new_ip_address:-}
length=${new_subnet_cidr:-}
gateway=${new_routers:-}
dns=${new_domain_name_servers:-}
domain=${new_domain_name:-}
ntp=${new_ntp_servers:-}
server=${new_dhcp_server_identifier:-}
seconds=${new_dhcp_lease_time:-}
FACTS_END
mv "$FACTS.new" "$FACTS"
