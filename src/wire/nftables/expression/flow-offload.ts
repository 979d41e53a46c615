import { attribute, attributes, cstring } from '../../netlink/attributes.ts';

/** `flow_offload`: the connection goes by a flow table from its next packet on (NFTA_FLOW_*). */
export const flowOffload = attributes({ flowTable: attribute(1, cstring) });
