import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { ADDRESSES } from './addresses.ts';
import { LogFile } from './log-file.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

const LARGE_FILE_SIZE = 1 << 30;

/**
 * The web server's paths: `/` a page, `/address` the address it sees its client under, `/large` 1 GiB of zeros as fast
 * as it goes, `/slow/RATE`, the same bytes at so many per second, so that a download lasts as long as a test wants.
 */
const NGINX_CONFIG = (directory: string): string => `
daemon off;
user root;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx-error.log notice;
events { worker_connections 512; }
http {
  access_log ${directory}/access.log combined;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  default_type text/plain;
  server {
    listen 80;
    root ${directory}/www;
    location = /address { return 200 "$remote_addr\\n"; }
    location ~ ^/slow/(?<rate>[0-9]+)$ { set $limit_rate $rate; try_files /large =404; }
  }
}
`;

/** An Internet host: a web server, an SMTP server that keeps what it gets, and the tools to knock on the box. */
export class World {
  readonly namespace: Namespace;
  /** Log of the web server, one line per request, the client's address first. */
  readonly access: LogFile;
  readonly web: Program;
  readonly smtp: Program;

  private constructor(namespace: Namespace) {
    this.namespace = namespace;
    mkdirSync(namespace.file('www'));
    writeFileSync(namespace.file('www/index.html'), 'A page of the made-up Internet.\n');
    writeFileSync(namespace.file('www/large'), '');
    truncateSync(namespace.file('www/large'), LARGE_FILE_SIZE);
    writeFileSync(namespace.file('nginx.conf'), NGINX_CONFIG(namespace.directory));
    this.access = new LogFile(namespace.file('access.log'));
    const error = namespace.file('nginx-error.log');
    this.web = namespace.start('nginx', [
      'nginx',
      '-p',
      namespace.directory,
      '-c',
      'nginx.conf',
      '-e',
      error,
    ]);
    this.smtp = namespace.start('aiosmtpd', [
      'aiosmtpd',
      '--nosetuid',
      '--debug',
      '--listen',
      `${ADDRESSES.world}:25`,
      '--class',
      'aiosmtpd.handlers.Mailbox',
      this.mailbox,
    ]);
  }

  static async start(namespace: Namespace): Promise<World> {
    const world = new World(namespace);
    await new LogFile(namespace.file('nginx-error.log')).line(/start worker process /);
    await world.smtp.line(/Server is listening on/);
    return world;
  }

  /** Maildir in which the SMTP server puts every message. */
  get mailbox(): string {
    return this.namespace.file('mailbox');
  }
}
