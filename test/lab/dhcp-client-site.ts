import type { DhcpCapture } from './dhcp-client-capture.ts';
import { Box } from './box.ts';
import { type ConfigFile, boxConfig } from './box-config.ts';
import { DhcpCapture as Capture } from './dhcp-client-capture.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';

/** A box with a switch to which hosts are plugged, and an ear on the cable between. */
export class ClientSite implements AsyncDisposable {
  readonly lab: Lab;
  readonly box: Box;
  readonly capture: DhcpCapture;
  readonly #switch: Namespace;

  private constructor(lab: Lab, box: Box, capture: DhcpCapture, switchHost: Namespace) {
    this.lab = lab;
    this.box = box;
    this.capture = capture;
    this.#switch = switchHost;
  }

  static async start(parts: Partial<ConfigFile>): Promise<ClientSite> {
    const lab = new Lab();
    const namespace = await lab.namespace('box');
    const outside = await lab.namespace('outside');
    const switchHost = await lab.namespace('switch');
    await lab.cable({ namespace, device: 'wan0' }, { namespace: outside, device: 'wan' });
    await lab.cable({ namespace, device: 'lan0' }, { namespace: switchHost, device: 'box' });
    await lab.bridge(switchHost, 'br0', ['box']);
    const capture = await Capture.start(switchHost, 'box');
    const wan = {
      device: 'wan0',
      ipv4: { method: 'static', address: '203.0.113.50/24', gateway: '203.0.113.1' },
    } as const;
    const box = await Box.start(namespace, boxConfig({ wan, firewall: {}, dhcp: {}, ...parts }));
    return new ClientSite(lab, box, capture, switchHost);
  }

  /** A host whose `eth0` is plugged to the switch. */
  async host(name: string, mac: string): Promise<Namespace> {
    const namespace = await this.lab.namespace(name);
    await this.lab.cable({ namespace: this.#switch, device: name }, { namespace, device: 'eth0', mac });
    await this.#switch.ip('link', 'set', 'dev', name, 'master', 'br0');
    return namespace;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lab.remove();
  }
}
