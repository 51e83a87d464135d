package cli

import "runtime"

// What one mailbox that is worked on may take, and the bounds of the default.
const (
	memoryEach    = 64 << 20 // bytes; a large backup peaks at about that
	mailboxesCore = 8        // most of the time is spent waiting for the service
	fewestAtOnce  = 2
	mostAtOnce    = 64
)

// defaultParallel is how many mailboxes are worked on at a time.
func defaultParallel() int { return parallelFor(runtime.NumCPU(), freeMemory()) }

// parallelFor takes no more than the cores keep busy, and half of the free memory;
// where nobody knows how much that is, 0, it counts on 2 GB.
func parallelFor(cores int, free uint64) int {
	if free == 0 {
		free = 2 << 30
	}
	fit := int(min(free/2/memoryEach, mostAtOnce))
	return max(min(fit, cores*mailboxesCore), fewestAtOnce)
}
