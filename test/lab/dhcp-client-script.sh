#!/bin/sh
# What dhcpcd calls on each event in the place of its own hooks, which would write to /etc: keeps the lease in $FACTS
# for the test to read. dhcpcd itself configures the device.
set -eu
. "$(dirname "$0")/dhcp-facts.sh"

read_new_lease
case "$reason" in
BOUND | RENEW | REBIND | REBOOT | INFORM) tell_facts bound "$reason" ;;
EXPIRE | FAIL | NAK | RELEASE | STOP | STOPPED) tell_facts none "$reason" ;;
esac
