package cli

import "runtime/debug"

// garbage is how much memory may be left to collect, in percent of what is in
// use; Go's own value is 100. Mailboxes pass through in pages of megabytes, and
// a plan of 50,000 steps stays: with 50 a restore of 2 GB keeps within 128 MB,
// for a few hundredths more time.
const garbage = 50

// Lean makes the process hold less memory, unless the variable GOGC, Go's own,
// says how much. For main alone: it is about the whole process.
func Lean(env Env) {
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
