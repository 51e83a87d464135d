package cli

import (
	"fmt"
	"math"
	"os"
	"strings"
)

// freeMemory is how many bytes a program may take without trouble: what the
// system says, or the limit of the container. 0 is not known.
func freeMemory() uint64 {
	free := uint64(0)
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if kilobytes, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			free = number(kilobytes) << 10
		}
	}
	limit, _ := os.ReadFile("/sys/fs/cgroup/memory.max")
	if most := number(string(limit)); most > 0 {
		free = min(free, most)
	}
	return free
}

// number is 0 for what is none.
func number(text string) (n uint64) {
	if _, err := fmt.Sscan(text, &n); err != nil || n > math.MaxInt64>>10 {
		return 0
	}
	return n
}
