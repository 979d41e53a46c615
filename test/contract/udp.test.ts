import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { NodeUdp } from '../../src/io/node/udp.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeNetwork } from '../fake/fake-network.ts';
import { udpContract } from './udp.ts';

udpContract('FakeHost.udp', () => {
  return new FakeNetwork(new FakeClock()).host(parseIpv4('127.0.0.1'), parseIpv6('::1')).udp;
});
udpContract('NodeUdp', () => new NodeUdp());
