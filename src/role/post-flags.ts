/**
 * Node's options for `post`, whose memory is mostly octets of messages outside of V8's heap.
 *
 * - New generation: in half of it, what twenty connections at a time need would outlive two collections and be moved to the old generation just before it is
 *   let go: a message taken in would cost a sixth more processor time.
 * - Old generation: V8 counts those octets as part of it and lets so small a heap grow by a few megabytes only, so that a hundred messages of 50 KiB would
 *   make it look through everything. With three times what is in use, the role was measured to be no larger after a load.
 */
export const POST_FLAGS: readonly string[] = ['--max-semi-space-size=2', '--heap-growing-percent=200'];
