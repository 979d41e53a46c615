import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interruptsOf } from '../../../src/io/linux/packet-steering.ts';

/** Lines of a Raspberry Pi 4, of a card with a queue for each processor, and of devices with like names. */
const INTERRUPTS = `           CPU0       CPU1       CPU2       CPU3
 13:       5022       4013       3981       4421     GICv2  30 Level     arch_timer
 37:     910722          0          0          0     GICv2 189 Level     eth0
 38:     402010          0          0          0     GICv2 190 Level     eth0
 40:          1          0          0          0     BRCM STB PCIe MSI 524288 Edge      xhci_hcd
 51:         12          0          0          0     PCI-MSIX-0000:01:00.0   0-edge      enp1s0-rx-0, enp1s0-tx-0
 52:         12          0          0          0     PCI-MSIX-0000:01:00.0   1-edge      enp1s0-rx-1
 60:          3          0          0          0     GICv2  70 Level     eth01
IPI0:      3103       4412       4821       5011       Rescheduling interrupts
`;

test('interruptsOf() finds the interrupts of a card, of its queues, and no other card’s', () => {
  assert.deepEqual(interruptsOf('eth0', INTERRUPTS), [37, 38]);
  assert.deepEqual(interruptsOf('enp1s0', INTERRUPTS), [51, 52]);
  assert.deepEqual(interruptsOf('wan0', INTERRUPTS), []);
});
