//go:build !windows

package durable

import "os"

// syncDir makes the names in an open folder durable.
func syncDir(f *os.File) error { return f.Sync() }
