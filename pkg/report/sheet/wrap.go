package sheet

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// wrap breaks text at spaces, and words that are longer than a line where an
// address or a path has its parts, or else anywhere.
func wrap(s string, width int) []string {
	if width <= 0 || twwidth.Width(s) <= width {
		return []string{s}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && twwidth.Width(line)+1+twwidth.Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; twwidth.Width(line) > width; {
			head := cut(line, width)
			if at := strings.LastIndexAny(head, "@/.-:_"); at >= len(head)/2 {
				head = head[:at+1]
			}
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}

// cut returns the longest beginning of s that fits the width, but at least one
// rune. Marks are no wider than what they stand on, so they stay with it.
func cut(s string, width int) string {
	used := 0
	for i, r := range s {
		used += runeWidth(r)
		if used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

func runeWidth(r rune) int {
	if r == '\uFE0F' { // asks for the wide form of the rune before it
		return 1
	}
	return twwidth.Width(string(r))
}
