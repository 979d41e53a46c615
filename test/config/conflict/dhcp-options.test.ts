import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from './dhcp-sentences.ts';

test('an option is of the type its number has, one number stands once, and what the server says itself is refused', () => {
  assert.deepEqual(
    sentences({
      options: [
        { code: 42, value: ['192.168.77.9'] },
        { code: 150, type: 'ipv4', value: '192.168.77.9' },
        { code: 224, value: '0a0b' },
      ],
    }),
    [],
  );
  assert.deepEqual(sentences({ options: [{ code: 3, value: 'router' }] }), [
    'dhcp.options[0].value: found "router", wanted a list of IPv4 addresses such as ["192.168.77.2", "192.168.77.3"]',
  ]);
  assert.match(
    sentences({ options: [{ code: 3, type: 'u8', value: 1 }] })[0] ?? '',
    /^dhcp\.options\[0\]\.type: found "u8"/,
  );
  assert.match(
    sentences({ options: [{ code: 51, value: '00000e10' }] })[0] ?? '',
    /^dhcp\.options\[0\]\.code: found 51/,
  );
  const boot = { code: 67, value: 'pxelinux.0' };
  assert.deepEqual(sentences({ options: [boot, boot] }), [
    'dhcp.options[1].code: found 67, wanted a number other than that of dhcp.options[0]',
  ]);
});

test('a netmask or broadcast address other than that of the LAN, and routers beyond it, are refused', () => {
  const lan = { address: '10.1.0.1/16' };
  const refused = (options: readonly object[]): readonly string[] => sentences({ options }, { lan });
  assert.deepEqual(
    refused([
      { code: 1, value: '255.255.255.0' },
      { code: 28, type: 'hex', value: '0a0100ff' },
      { code: 3, value: ['10.1.3.1', '10.2.0.1'] },
    ]),
    [
      'dhcp.options[0].value: found "255.255.255.0", wanted "255.255.0.0", the netmask of lan.address, 10.1.0.1/16; ' +
        'without this option devices are told it anyway',
      'dhcp.options[1].value: found "0a0100ff", wanted "10.1.255.255", the broadcast address of lan.address, 10.1.0.1/16; ' +
        'without this option devices are told it anyway',
      'dhcp.options[2].value: found ["10.1.3.1","10.2.0.1"], ' +
        'wanted routers that devices can reach, within lan.address, 10.1.0.1/16',
    ],
  );
  assert.equal(refused([{ code: 3, type: 'hex', value: '0a01' }]).length, 1);
  assert.deepEqual(
    refused([
      { code: 1, value: '255.255.0.0' },
      { code: 28, value: '10.1.255.255' },
      { code: 3, value: ['10.1.3.1', '10.1.0.1'] },
      { code: 6, value: ['192.0.2.53'] },
      { code: 15, value: 'elsewhere.example' },
      { code: 42, value: ['192.0.2.123'] },
    ]),
    [],
  );
});

test('what the server makes for each message is refused by its number', () => {
  for (const code of [12, 51, 53, 54, 58, 59, 61, 80, 81, 82])
    assert.match(
      sentences({ options: [{ code, type: 'hex', value: '00' }] })[0] ?? '',
      /\.code: found \d+, wanted an/,
    );
  for (const code of [0, 255])
    assert.equal(sentences({ options: [{ code, type: 'hex', value: '00' }] }).length, 1);
});

test('a long value of an option is shown by its beginning', () => {
  const [sentence = ''] = sentences({ options: [{ code: 43, value: '00'.repeat(3000) }] });
  assert.match(sentence, /^dhcp\.options\[0\]\.value: found "0{79}…, wanted pairs of hexadecimal digits/);
});
