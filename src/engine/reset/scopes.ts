import type { ResetKind, ResetScope } from '../../port/machine.ts';

/** What each kind of reset does, in the words every interface of the box shows. */
export const RESET_SCOPES: Readonly<Record<ResetKind, ResetScope>> = {
  settings: {
    goes: [
      'all settings: network, firewall, names, mail',
      'people, their passwords and aliases',
      'which network port is the WAN: it is found out again',
    ],
    stays: [
      'stored mail: a mailbox is there again when a person of the same name is added',
      'the certificate and authority, addresses given to devices',
      'the settings before, as the latest change of their history',
    ],
    undo: '"gatepost config rollback" brings back all settings and people',
  },
  everything: {
    goes: [
      'all settings, their history, people and passwords',
      'all stored mail, also what waits to be sent',
      'certificate and authority, addresses given to devices, web pages',
    ],
    stays: ['the installed systems'],
    undo: null,
  },
};
