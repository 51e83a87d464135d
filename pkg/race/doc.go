// Package race tells tests whether the race detector watches, which makes
// everything ten times as slow: what tries all of something tries a part of it
// then, and scripts/check runs the whole of it once without the detector.
//
// It promises one constant and refuses to be used by anything but tests.
package race
