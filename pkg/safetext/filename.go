package safetext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName leaves room for a prefix, a number and an extension within the 255
// bytes that file systems allow, and within Windows' 260 for a whole path.
const maxName = 100

// devices are names that Windows gives to a device whatever the extension
// (Microsoft, "Naming Files, Paths, and Namespaces").
var devices = []string{
	"con", "prn", "aux", "nul", "conin$", "conout$", "clock$",
	"com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³",
}

// FileName gives s as one name that Windows, macOS and Linux all accept:
// never empty, at most 100 bytes, cut between characters. What no file system
// takes becomes "_"; leading dots and dashes (hidden files, command options),
// trailing dots and blanks go. Two texts can give the same name: it is for
// people to recognise a file by, not to tell files apart.
func FileName(s string) string {
	s = strings.Map(portable, strings.ToValidUTF8(s, "_"))
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r == '.' || r == '-' || unicode.IsSpace(r) })
	s = cut(s)
	if Device(s) {
		s = cut("_" + s)
	}
	if s == "" {
		return "_"
	}
	return s
}

func portable(r rune) rune {
	if !visible(r) || strings.ContainsRune(`<>:"/\|?*`, r) {
		return '_'
	}
	return r
}

// cut shortens a name and takes the blanks and dots off its new end.
func cut(s string) string {
	if len(s) > maxName {
		end := maxName
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.TrimRightFunc(s, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// Device says whether Windows opens a device under that name. It looks at the part
// before the first dot: nul.txt is a device too.
func Device(s string) bool {
	stem, _, _ := strings.Cut(s, ".")
	return slices.Contains(devices, strings.ToLower(strings.TrimRightFunc(stem, unicode.IsSpace)))
}
