# Starts one of the two systems of the card. U-Boot runs it as boot.scr, on every board the same: the device and the memory come from
# U-Boot's own variables (devtype, devnum, kernel_addr_r, fdt_addr). docs/update.md says what the variables of the slot state mean.

# Memory, from the place of the kernel on: the kernel unpacked, one sector, another to compare, device tree, initramfs, the kernel as loaded.
# The places that U-Boot proposes are too near to each other for Debian's kernel.
setexpr gp_sector ${kernel_addr_r} + 0x4000000
setexpr gp_check ${kernel_addr_r} + 0x4020000
setexpr gp_tree ${kernel_addr_r} + 0x4100000
setexpr gp_initramfs ${kernel_addr_r} + 0x5000000
setexpr gp_packed ${kernel_addr_r} + 0x6000000

# Reads the copy of the slot state in the sector gp_block. The import checks its CRC-32.
setenv gp_read 'setenv counter; setenv good; setenv spare; setenv trial; setenv tried; ${devtype} read ${gp_sector} ${gp_block} 1 && env import -c ${gp_sector} 200 counter good spare trial tried && test -n "${counter}" && test "${good}" = a -o "${good}" = b'

# Notes in the other copy that gp_try is being tried, and makes sure that the card keeps it.
setenv gp_note 'setenv trial; setenv tried ${gp_try}; setexpr counter ${counter} + 1; setenv counter 0x${counter}; env export -c -s 200 ${gp_sector} counter good spare tried && ${devtype} write ${gp_sector} ${gp_to} 1 && ${devtype} read ${gp_check} ${gp_to} 1 && cmp.b ${gp_sector} ${gp_check} 200'

# Loads the system of gp_slot. boot.env of a slot holds the arguments of its kernel, and the CRC-32 of its two files as the memory shows them.
setenv gp_part_a 2
setenv gp_part_b 3
setenv gp_files 'setenv arguments; setenv kernel; setenv initramfs; load ${devtype} ${devnum}:${gp_part} ${gp_check} boot.env && env import -c ${gp_check} ${filesize} arguments kernel initramfs'
setenv gp_kernel 'load ${devtype} ${devnum}:${gp_part} ${gp_packed} kernel && crc32 ${gp_packed} ${filesize} ${gp_check} && itest.l *${gp_check} == ${kernel} && unzip ${gp_packed} ${kernel_addr_r} 4000000'
setenv gp_init 'load ${devtype} ${devnum}:${gp_part} ${gp_initramfs} initramfs && setenv gp_size ${filesize} && crc32 ${gp_initramfs} ${gp_size} ${gp_check} && itest.l *${gp_check} == ${initramfs}'
setenv gp_load 'if test ${gp_slot} = a; then setenv gp_part 2; else setenv gp_part 3; fi; run gp_files && run gp_kernel && run gp_init && fdt move ${gp_from_tree} ${gp_tree}'

# Comes back only if the system cannot be started.
setenv gp_fallback
setenv gp_start 'echo Gatepost: starting slot ${gp_slot}; if run gp_load; then setenv bootargs "${arguments} gatepost.slot=${gp_slot}${gp_fallback} gatepost.card=${gp_card}"; printenv bootargs; booti ${kernel_addr_r} ${gp_initramfs}:${gp_size} ${gp_tree}; fi; echo Gatepost: the system in slot ${gp_slot} cannot be started'

# The firmware's device tree knows the board's memory and address; U-Boot's own is a copy of it.
setenv gp_from_tree ${fdtcontroladdr}
if test -n "${fdt_addr}"; then setenv gp_from_tree ${fdt_addr}; fi

# The signature of the partition table names the card: Linux may number its devices in another order.
part uuid ${devtype} ${devnum}:1 gp_card
${devtype} dev ${devnum}

setenv gp_first
setenv gp_second
setenv gp_block 800
if run gp_read; then setenv gp_first ${counter}; fi
setenv gp_block 880
if run gp_read; then setenv gp_second ${counter}; fi

# The valid copy with the higher counter counts; the other is the one to be written.
setenv gp_block 800
setenv gp_to 880
if test -n "${gp_second}"; then
  if test -z "${gp_first}"; then
    setenv gp_block 880
    setenv gp_to 800
  elif itest ${gp_second} > ${gp_first}; then
    setenv gp_block 880
    setenv gp_to 800
  fi
fi

setenv gp_try
if run gp_read; then
  setenv gp_try ${trial}
  if test -z "${trial}" -a -n "${spare}"; then
    echo "Gatepost: press Ctrl-C within 2 seconds to start the other system, in slot ${spare}, once"
    if sleep 2; then true; else setenv gp_try ${spare}; fi
  fi
else
  echo "Gatepost: both copies of the slot state are damaged"
  setenv good a
fi

if test -n "${gp_try}"; then
  # Without the note a system that hangs would be tried for ever.
  if run gp_note; then
    setenv gp_slot ${gp_try}
    run gp_start
  else
    echo "Gatepost: the card does not keep what is written, so that slot ${gp_try} is not tried"
  fi
fi
setenv gp_slot ${good}
run gp_start
# The other slot is tried whatever is said of it: its files are checked, and nothing worse can come of it. The argument says that this is
# no trial.
setenv gp_fallback ' gatepost.fallback=yes'
if test ${good} = a; then setenv gp_slot b; else setenv gp_slot a; fi
run gp_start
echo "Gatepost: there is no system on this card that can be started; flash it anew"
sleep 30
reset
