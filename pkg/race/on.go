//go:build race

package race

// Detector says whether the race detector watches.
const Detector = true
