//go:build !race

package run_test

// every is how far apart the crash points are.
const every = 1
