import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ipv4 } from '../../../src/base/ipv4.ts';
import { lastAddress4, network4 } from '../../../src/base/prefix.ts';
import { type Claim, FreePorts, findOverlap } from '../../../src/engine/firewall/forward-overlap.ts';

const anyPorts = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 6 }))
  .map(([first, more]) => ({ first, last: first + more }));

const anySource = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(0, 28, 29, 30, 32))
  .map(([address, length]) => ({ address: Ipv4(address), length }));

const anyClaim: fc.Arbitrary<Claim> = fc.record({
  protocol: fc.constantFrom(6, 17),
  ports: anyPorts,
  source: anySource,
});

function collide(a: Claim, b: Claim): boolean {
  return (
    a.protocol === b.protocol &&
    a.ports.first <= b.ports.last &&
    b.ports.first <= a.ports.last &&
    network4(a.source) <= lastAddress4(b.source) &&
    network4(b.source) <= lastAddress4(a.source)
  );
}

test('findOverlap() finds two claims to a packet exactly if there are such, and names them in their order', () => {
  fc.assert(
    fc.property(fc.array(anyClaim, { maxLength: 12 }), (claims) => {
      const found = findOverlap(claims);
      const pairs = claims.flatMap((a, at) => claims.slice(at + 1).filter((b) => collide(a, b)));
      assert.equal(found !== undefined, pairs.length > 0);
      if (found === undefined) return;
      const [earlier, later] = found;
      assert.ok(collide(earlier, later));
      assert.ok(claims.indexOf(earlier) < claims.indexOf(later));
    }),
    { numRuns: 2000 },
  );
});

test('FreePorts gives away each port that no claim takes once', () => {
  fc.assert(
    fc.property(fc.array(anyClaim), anySource, fc.array(anyPorts), (claims, source, wishes) => {
      const free = new FreePorts(claims, 6, source);
      const given: Claim[] = [];
      for (const ports of wishes) {
        const wish = { protocol: 6, ports, source };
        const isFree = ![...claims, ...given].some((one) => collide(one, wish));
        assert.equal(free.take(ports), isFree);
        if (isFree) given.push(wish);
      }
    }),
    { numRuns: 1000 },
  );
});
