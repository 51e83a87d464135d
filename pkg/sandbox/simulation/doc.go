// Package simulation holds tests only: whole runs of the real client and the
// real workflows against the sandbox, in one process and in virtual time.
//
// One seed drives how long requests take, what goes wrong, what other people do
// in the mailboxes, when the run is interrupted and what a power failure leaves
// on the disk. The tests promise that the same seed gives the same requests,
// byte for byte, and print the seed and the command that replays it when a
// promise of the program is broken. In trials, each request and each operation of
// the disk of each command meets each fault, and none may go by in silence.
// scripts/simulate tries many seeds, and all trials.
package simulation
