package durable

import "os"

// syncDir does nothing: Windows has no sync for a folder (FlushFileBuffers
// refuses a handle that was opened for reading, and a folder opens no other
// way). NTFS journals its names, so a rename is never half done, but the last
// ones before a power failure may be undone.
func syncDir(*os.File) error { return nil }
