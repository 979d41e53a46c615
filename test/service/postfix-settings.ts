/** What every main.cf needs with all its folders below `directory`, `queue` and `data` among them. */
export function postfixMain(directory: string, address: string): string {
  return `
compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = ${directory}/mail.log
maillog_file_prefixes = ${directory}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = ${address}
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
`;
}

/** The services of the package's own master.cf that such a server needs, none of them in a chroot; `port` is a name or a number. */
export function postfixMaster(port: string | number): string {
  return `
${port} inet      n  -  n  -      -  smtpd
pickup    unix       n  -  n  60     1  pickup
cleanup   unix       n  -  n  -      0  cleanup
qmgr      unix       n  -  n  300    1  qmgr
tlsmgr    unix       -  -  n  1000?  1  tlsmgr
rewrite   unix       -  -  n  -      -  trivial-rewrite
bounce    unix       -  -  n  -      0  bounce
defer     unix       -  -  n  -      0  bounce
trace     unix       -  -  n  -      0  bounce
verify    unix       -  -  n  -      1  verify
flush     unix       n  -  n  1000?  0  flush
proxymap  unix       -  -  n  -      -  proxymap
smtp      unix       -  -  n  -      -  smtp
error     unix       -  -  n  -      -  error
virtual   unix       -  n  n  -      -  virtual
anvil     unix       -  -  n  -      1  anvil
scache    unix       -  -  n  -      1  scache
postlog   unix-dgram n  -  n  -      1  postlogd
`;
}
