// Package durable is the way to the disk for everything that must survive a
// crash: snapshots, plans, journals and locks.
//
// It promises:
//
//   - A file appears under its name whole or not at all: it is written beside
//     that name, synced, renamed, and then its folder is synced. A run that
//     fails leaves the old content, or nothing.
//   - When Commit, WriteFile, Sub, Remove, Truncate, Sync or AppendSync has
//     returned nil, a power failure cannot undo it (as far as the disk tells
//     the truth; see SyncDir for Windows).
//   - Files have mode 0600 and folders 0700, whatever the umask.
//   - No name leads out of the folder that was opened, and no link is
//     followed inside it.
//   - One holder at a time per lock. The operating system frees the lock when
//     the holder's process ends, however it ends.
//
// It refuses names that are absolute, climb with "..", or that Windows would not
// hold as they are (devices such as nul, a dot or blank at the end, some
// characters), on every system, so that a store can be moved; links, devices and pipes where a file or
// folder is meant; and any further write to a log after one has failed,
// because nobody can say what the failed one left behind.
//
// Names are slash-separated on every system. Every call to the disk goes
// through the FS interface and has a name (Op), so that a test can make any
// single one of them fail, or stop the world there: see Dir.Hooked and the
// package durable/crash.
package durable
