import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { EM_AARCH64, isElf, readElf } from '../../../build/image/elf.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { compileForArm64 } from './arm64-file.ts';

test('readElf() finds machine, dynamic linker and libraries of a program of this machine', () => {
  const elf = readElf(readFileSync(process.execPath));
  assert.equal(elf.machine, process.arch === 'arm64' ? EM_AARCH64 : 62);
  assert.match(elf.interpreter ?? '', /^\/lib.*\/ld-linux-.*\.so/);
  for (const name of ['libc.so.6', 'libstdc++.so.6']) assert.ok(elf.needed.includes(name), name);
});

test('readElf() finds nothing that is loaded by a static program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-elf-'));
  try {
    const file = join(folder, 'program');
    await compileForArm64({ file, source: 'void _start(void) {}', options: ['-static'] });
    assert.deepEqual(readElf(readFileSync(file)), {
      machine: EM_AARCH64,
      interpreter: undefined,
      needed: [],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('readElf() throws only DecodeError on a program that is cut short or damaged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-elf-'));
  const file = join(folder, 'library.so');
  await compileForArm64({ file, source: 'int one;', options: ['-shared', '-Wl,-soname,libone.so.1'] });
  const whole = readFileSync(file);
  rmSync(folder, { recursive: true });
  const decode = (bytes: Uint8Array): void => {
    try {
      readElf(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  for (let at = 0; at < whole.length; at += 7) decode(whole.subarray(0, at));
  fc.assert(
    fc.property(fc.nat(1023), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const damaged = Buffer.from(whole);
      damaged[at] = byte;
      decode(damaged);
    }),
  );
});

test('readElf() refuses what is no ELF file, or a 32-bit one', () => {
  assert.ok(!isElf(Buffer.from('#!/bin/sh\n')));
  assert.throws(() => readElf(Buffer.alloc(64)), DecodeError);
  const narrow = Buffer.alloc(64);
  narrow.set([0x7f, 0x45, 0x4c, 0x46, 1, 1]);
  assert.throws(() => readElf(narrow), DecodeError);
});
