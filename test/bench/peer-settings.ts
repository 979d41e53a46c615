import { NAMES } from '../lab/addresses.ts';
import { postfixMain } from '../service/postfix-settings.ts';

const NOBODY = 65_534;

/** Virtual mailboxes in Maildir folders, TLS offered, no relaying: what Gatepost does, no more. */
export function officePostfix(directory: string, address: string): string {
  return `${postfixMain(directory, address)}
myhostname = ${NAMES.mailHost}
virtual_mailbox_domains = ${NAMES.office}
virtual_mailbox_base = ${directory}/mail
virtual_mailbox_maps = static:alice/
virtual_uid_maps = static:${NOBODY}
virtual_gid_maps = static:${NOBODY}
virtual_minimum_uid = 100
virtual_mailbox_limit = 0
biff = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${directory}/key.pem, ${directory}/cert.pem
smtpd_client_connection_count_limit = 0
`;
}

export function dovecotConfig(directory: string, address: string, password: string): string {
  return `
base_dir = ${directory}/dovecot
state_dir = ${directory}/dovecot
protocols = pop3
listen = ${address}
ssl = yes
ssl_cert = <${directory}/cert.pem
ssl_key = <${directory}/key.pem
disable_plaintext_auth = no
log_path = ${directory}/dovecot-service.log
mail_location = maildir:${directory}/mail/%n
first_valid_uid = 100
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${directory}/mail/%n
}
`;
}

export function nginxConfig(directory: string, address: string): string {
  return `
daemon off;
user root;
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 512; }
http {
  access_log ${directory}/access.log combined;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  default_type text/html;
  server {
    listen ${address}:8080;
    root ${directory}/www;
  }
}
`;
}
