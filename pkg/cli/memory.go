package cli

import (
	"math"
	"runtime/debug"
)

// How much memory may be left to collect. Mailboxes pass through in pages of
// megabytes, whose memory is used again the better the more of it there is; a
// plan of 50,000 steps stays.
const (
	// garbage is in percent of what is in use; Go's own value is 100.
	garbage = 200
	// enough is in bytes: up to there memory is collected more eagerly the nearer
	// it comes. It bounds nothing: what is in use may be more, and then up to half
	// of the processor's time goes into looking for garbage.
	enough = 72 << 20
)

// roomy takes that back for work that holds whole mailboxes: looking for garbage
// that is not there would only take time.
func roomy(env Env) {
	if env.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}

// Lean makes the process hold less memory, unless the variables GOGC and
// GOMEMLIMIT, Go's own, say how much. For main alone: it is about the whole
// process.
func Lean(env Env) {
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if env.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(enough)
	}
}
