//go:build race

package snapshot_test

// raced says that the race detector watches, which makes everything ten times
// as slow: what tries all of something tries a part of it then.
const raced = true
