package cli

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// freeMemory is how many bytes of the machine are not in use; 0 is not known
// (Windows docs, GlobalMemoryStatusEx).
func freeMemory() uint64 {
	var status struct {
		length, load                   uint32
		total, free                    uint64
		totalPage, freePage            uint64
		totalVirtual, freeVirtual, ext uint64
	}
	status.length = uint32(unsafe.Sizeof(status))
	ok, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx").Call(uintptr(unsafe.Pointer(&status)))
	if ok == 0 {
		return 0
	}
	return status.free
}
