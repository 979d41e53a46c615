import process from 'node:process';
import { basename, dirname } from 'node:path';
import { Minutes, Seconds } from '../../base/duration.ts';
import { ConfigError, KernelError, UserError, messageOf } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { peerUid } from '../../io/linux/peer-credentials.ts';
import { nodeFiles } from '../../io/node/files.ts';
import { openParentChannel } from '../../io/node/parent-channel.ts';
import { type ApiServer, startApi } from '../../service/api/server.ts';
import { ConfigStore } from '../../service/config-store.ts';
import type { FromNet, ToNet } from '../ipc.ts';
import type { RunSettings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { BoardSide } from './board-side.ts';
import { NetBox } from './box.ts';
import { Identity } from './identity.ts';
import { postOptions, webOptions } from './narrow.ts';
import { openLeases } from './open-leases.ts';
import { Peers } from './peers.ts';
import { PortKeeper } from './port-keeper.ts';
import { type NetPorts, openPorts } from './ports.ts';
import { NetServices } from './services.ts';
import { requireSoleBox } from './sole-box.ts';
import { tellStart } from './tell-start.ts';

/** Counters grow without an event of their own: while somebody watches, they are shown this often. */
const WATCHED_INTERVAL = Seconds(2);

/** A certificate nears its end, its file is replaced, the time becomes known: nobody tells, so it is looked for. */
const CERTIFICATE_INTERVAL = Minutes(10);

interface Started {
  readonly ports: NetPorts;
  readonly services: NetServices;
  readonly api: ApiServer;
}

class NetRole {
  readonly #settings: RunSettings;
  readonly #parent = openParentChannel<FromNet, ToNet>({
    onMessage: (message) => this.#heard(message),
    // The parent is gone: it was killed, and whoever starts it again starts this role too.
    onGone: () => process.exit(1),
  });
  readonly #peers: Peers;
  #box: NetBox | undefined;
  #started: Started | undefined;
  #ready = false;
  #board: BoardSide | undefined;
  #keeper: PortKeeper | undefined;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#peers = new Peers({
      send: (role, message) => this.#parent.send({ kind: 'to', role, message }),
      onLog: (entry) => this.#started?.ports.log.add(entry),
      onChange: () => this.#changed(),
    });
  }

  async start(): Promise<void> {
    const { data, config: configFile, run } = this.#settings;
    const socketPath = `${run}/api.sock`;
    await requireSoleBox(socketPath);
    const ports = openPorts(data, run);
    const files = nodeFiles(dirname(configFile));
    const store = await ConfigStore.open({
      files,
      fileName: basename(configFile),
      data: ports.data,
      clock: ports.clock,
    });
    const leases = await openLeases(ports);
    const identity = new Identity(ports);
    const services = new NetServices(ports, leases, store.current.config, () => this.#changed());
    const keeper = this.#keeperOf(ports, store, services);
    const board = new BoardSide({
      settings: this.#settings,
      ports,
      services,
      store,
      restart: (reason) => this.#parent.send({ kind: 'restart', reason }),
      health: () => box.health(),
    });
    const box = new NetBox({
      version: VERSION,
      ports,
      store,
      services,
      peers: this.#peers,
      identity,
      configurePeers: (config) => this.#configurePeers(config, identity, services),
      startedAt: ports.clock.now(),
      isReady: () => this.#ready,
      updates: board.updates,
      machine: board.machine,
      possible: (config) => keeper?.possible(config) ?? config,
      onStored: () => board.keepConfig(),
    });
    this.#board = board;
    await board.watch();
    await services.protect();
    await services.start(await keeper?.start());
    this.#keeper = keeper;
    this.#box = box;
    const api = await startApi({
      box,
      version: VERSION,
      log: ports.log.logFor('api'),
      socketPath,
      callerUid: peerUid,
    });
    this.#started = { ports, services, api };
    // In turn: a change of the configuration that comes at once is not to be followed by what was before.
    await Promise.all([board.start(), box.followCertificate()]);
    setInterval(() => box.changed(), WATCHED_INTERVAL).unref();
    setInterval(() => void this.#followCertificate(box), CERTIFICATE_INTERVAL).unref();
    this.#changed();
  }

  async #configurePeers(config: Config, identity: Identity, { notices }: NetServices): Promise<void> {
    const { identity: tls, status } = await identity.for(config);
    notices.note('certificate', status.problems.length === 0 ? undefined : status.problems.join('; '));
    const { isInMemory = false } = this.#settings;
    // Mail in memory could not be promised: nobody is to be told that it was taken.
    const forPost = isInMemory ? { ...config, mail: { ...config.mail, enabled: false } } : config;
    await Promise.all([
      this.#peers.configurePost(postOptions(forPost, tls)),
      this.#peers.configureWeb(webOptions(config, tls, `${this.#settings.run}/api.sock`)),
    ]);
  }

  async #followCertificate(box: NetBox): Promise<void> {
    try {
      await box.followCertificate();
    } catch (error) {
      this.#started?.ports.log.logFor('tls').warn(`Cannot look after the certificate: ${messageOf(error)}`);
    }
  }

  /** Only an image leaves it to the box which port is which. */
  #keeperOf(ports: NetPorts, store: ConfigStore, services: NetServices): PortKeeper | undefined {
    if (this.#settings.board === undefined) return undefined;
    return new PortKeeper({
      ports,
      config: () => store.current.config,
      onProgress: (sentence) => void tellStart(ports.runtime, sentence),
      onProblem: (sentence) => services.notices.note('ports', sentence),
      onGuess: (sentence) => services.notices.warn('ports', sentence),
      onNamed: () => this.#box?.applyWanted() ?? Promise.resolve(),
    });
  }

  #heard(message: ToNet): void {
    switch (message.kind) {
      case 'roles':
        this.#peers.rolesChanged(message.roles);
        return;
      case 'started':
        this.#peers.started(message.role);
        return;
      case 'from':
        this.#peers.heard(message.role, message.message);
        return;
      case 'stop':
        void this.#stop();
    }
  }

  #changed(): void {
    this.#box?.changed();
    if (this.#started !== undefined) {
      const { devices } = this.#started.services;
      this.#keeper?.follow(() => devices.all);
      this.#peers.setUplink(hasUplink(this.#started.services));
    }
    if (this.#ready || this.#started === undefined || !this.#peers.haveReported) return;
    const { services, takenPort } = this.#peers;
    if (takenPort !== undefined) this.#parent.send({ kind: 'fatal', sentence: takenPort });
    // What else does not work is in health: a damaged mail store must not stop the network.
    if (services.some(({ ok, isOptional }) => !ok && isOptional !== true)) return;
    this.#ready = true;
    this.#parent.send({ kind: 'ready' });
  }

  async #stop(): Promise<void> {
    try {
      await this.#end();
      process.exit(0);
    } catch (error) {
      process.stderr.write(`The box has not ended in order: ${messageOf(error)}\n`);
      process.exit(4);
    }
  }

  async #end(): Promise<void> {
    await this.#board?.stop();
    if (this.#started === undefined) return;
    const { ports, services, api } = this.#started;
    await api.close();
    await services.stop(this.#settings.teardown);
    await ports.packets.close();
  }
}

/** In `lan-only` the way to the Internet is somebody else's, and taken to be there. */
function hasUplink(services: NetServices): boolean {
  const wan = services.wanState();
  if (services.config.mode === 'lan-only' || wan === undefined) return services.config.mode === 'lan-only';
  return wan.link.up && wan.address !== undefined && wan.gateway.state !== 'unreachable';
}

/** The `net` role. Errors of its start are the end of a box that never worked, and lead to another attempt of one that did. */
export async function startNet(settings: RunSettings): Promise<void> {
  const role = new NetRole(settings);
  try {
    await role.start();
  } catch (error) {
    if (!(error instanceof KernelError || error instanceof ConfigError || error instanceof UserError))
      throw error;
    process.send?.({ kind: 'fatal', sentence: messageOf(error) } satisfies FromNet);
    process.exitCode = 4;
    process.disconnect?.();
  }
}
