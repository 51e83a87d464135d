package console

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesColor makes a Windows console understand escape sequences, which it does
// only when asked (Windows console docs, SetConsoleMode).
func takesColor(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	var mode uint32
	handle := windows.Handle(f.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
