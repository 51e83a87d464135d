//go:build race

package run_test

// every is how far apart the crash points are: the detector makes each slow.
const every = 13
