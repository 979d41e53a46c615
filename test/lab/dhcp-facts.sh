# Sourced by what the DHCP clients of the lab call on each event: what is done with a lease, whoever the client is. A lease is
# address, length (of the prefix), gateway, dns, domain, ntp, server and seconds; what is done to the device is named before.

give_address() {
  ip -4 addr replace "$address/$length" dev "$interface"
  for router in $gateway; do
    ip -4 route replace default via "$router" dev "$interface"
    break
  done
  {
    [ -z "$domain" ] || echo "search $domain"
    for one in $dns; do echo "nameserver $one"; done
  } >/etc/resolv.conf
}

take_address() {
  ip -4 addr flush dev "$interface"
  : >/etc/resolv.conf
}

# tell_facts STATE EVENT: the lease for the test to read
tell_facts() {
  cat >"$FACTS.new" <<FACTS_END
state=$1
event=$2
address=$address
length=$length
gateway=$gateway
dns=$dns
domain=$domain
ntp=$ntp
server=$server
seconds=$seconds
FACTS_END
  mv "$FACTS.new" "$FACTS"
}

# The lease as dhclient and dhcpcd name its parts.
read_new_lease() {
  address=${new_ip_address:-}
  length=${new_subnet_cidr:-}
  gateway=${new_routers:-}
  dns=${new_domain_name_servers:-}
  domain=${new_domain_name:-}
  ntp=${new_ntp_servers:-}
  server=${new_dhcp_server_identifier:-}
  seconds=${new_dhcp_lease_time:-}
}
